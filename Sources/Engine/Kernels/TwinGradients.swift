import CKernels

extension Twin {
    /// Four columns of y at a time.
    package static func outer(_ t: kn_outer_f32) {
        for i in 0..<t.rows {
            for j in stride(from: 0, to: t.columns, by: 4) {
                let sums = outer(t, t.a + i, t.b + j)
                let y = t.y + i * t.y_stride + j
                for k in 0..<Swift.min(4, t.columns - j) { y[k] += sums[k] }
            }
        }
    }

    /// One row and four columns; those past the last are read and not used.
    private static func outer(_ t: kn_outer_f32, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> SIMD4<Float> {
        var sums = SIMD4<Float>(repeating: 0)
        for n in 0..<t.images {
            for l in 0..<t.lines {
                var (a, b) = (a + n * t.a_image + l * t.a_line, b + n * t.b_image + l * t.b_line)
                for _ in 0..<t.points {
                    let e = UnsafeRawPointer(b).loadUnaligned(as: SIMD4<Float>.self)
                    sums = multiplyAdd(SIMD4(repeating: a[0]), e, sums)
                    a += t.a_point
                    b += t.b_point
                }
            }
        }
        return sums
    }

    package static func depthwise(_ t: kn_depthwise_dw_f32) {
        for i in 0..<t.kh {
            guard let row = t.rows[i] else { continue }
            for j in 0..<t.kw {
                let y = t.y + (i * t.kw + j) * t.channels
                for c in stride(from: 0, to: t.count, by: 4) {
                    var sums = SIMD4<Float>(repeating: 0)
                    for ox in 0..<t.columns {
                        let ix = ox * t.stride + j * t.dilation - t.pad
                        if ix < 0 || ix >= t.width { continue }
                        let x = UnsafeRawPointer(row + ix * t.channels + c).loadUnaligned(as: SIMD4<Float>.self)
                        let dy = UnsafeRawPointer(t.dy + ox * t.channels + c).loadUnaligned(as: SIMD4<Float>.self)
                        sums = multiplyAdd(dy, x, sums)
                    }
                    for k in 0..<Swift.min(4, t.count - c) { y[c + k] += sums[k] }
                }
            }
        }
    }

    package static func mask(_ t: kn_mask_f32) {
        for i in 0..<t.count where !(t.y[i] > t.low && t.y[i] < t.high) { t.dy[i] = 0 }
    }
}
