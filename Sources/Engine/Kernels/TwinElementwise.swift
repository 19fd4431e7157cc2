import CKernels

extension Twin {
    package static func add(_ t: kn_add_f32) {
        for i in 0..<t.count { t.y[i] = clamp(t.a[i] + t.b[i], t.low, t.high) }
    }

    package static func clamp(_ t: kn_clamp_f32) {
        for i in 0..<t.count { t.y[i] = clamp(t.x[i], t.low, t.high) }
    }

    package static func add(_ t: kn_add_i8) {
        for i in 0..<t.count {
            let sum = Float(t.a[i]) * t.a_scale + (Float(t.b[i]) * t.b_scale + t.shift)
            t.y[i] = round(sum, 0, t.low, t.high)
        }
    }

    package static func quantize(_ t: kn_quantize) {
        for i in 0..<t.count { t.y[i] = round(t.x[i] / t.scale, t.zero, t.low, t.high) }
    }

    package static func dequantize(_ t: kn_dequantize) {
        for i in 0..<t.count { t.y[i] = Float(Int32(t.x[i]) - t.zero) * t.scale }
    }

    package static func sum(_ t: kn_rows_f32) {
        for r in 0..<t.count {
            let x = t.x + r * t.stride
            for c in 0..<t.channels { t.y[c] += x[c] }
        }
    }

    /// A NaN in x is passed over.
    package static func max(_ t: kn_rows_f32) {
        for r in 0..<t.count {
            let x = t.x + r * t.stride
            for c in 0..<t.channels { t.y[c] = x[c] > t.y[c] ? x[c] : t.y[c] }
        }
    }

    package static func sum(_ t: kn_sum_i8) {
        for r in 0..<t.count {
            let x = t.x + r * t.stride
            for c in 0..<t.channels { t.y[c] &+= Int32(x[c]) }
        }
    }

    package static func max(_ t: kn_max_i8) {
        for r in 0..<t.count {
            let x = t.x + r * t.stride
            for c in 0..<t.channels { t.y[c] = x[c] > t.y[c] ? x[c] : t.y[c] }
        }
    }
}
