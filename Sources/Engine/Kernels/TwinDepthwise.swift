import CKernels

extension Twin {
    package static func depthwise(_ t: kn_depthwise_f32) {
        for ox in 0..<t.columns {
            let left = ox * t.stride - t.pad
            let y = t.y + ox * t.y_step
            y.update(from: t.bias, count: t.channels)
            for i in 0..<t.kh {
                guard let row = t.rows[i] else { continue }
                for j in 0..<t.kw {
                    let ix = left + j * t.dilation
                    if ix < 0 || ix >= t.width { continue }
                    let x = row + ix * t.channels
                    let w = t.w + (i * t.kw + j) * t.channels
                    multiplyAdd(x, w, into: y, count: t.channels)
                }
            }
            for c in 0..<t.channels { y[c] = clamp(y[c], t.low, t.high) }
        }
    }

    /// y += x · w.
    @inline(__always)
    private static func multiplyAdd(
        _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
    ) {
        for c in 0..<count {
            #if arch(arm64)
                y[c] = y[c].addingProduct(x[c], w[c])
            #else
                y[c] += x[c] * w[c]
            #endif
        }
    }

    package static func depthwise(_ t: kn_depthwise_i8) {
        for ox in 0..<t.columns {
            let y = t.y + ox * t.channels
            // Sixteen sums at a time stay in registers, whatever the number of channels.
            for c in stride(from: 0, to: t.channels, by: 16) {
                let count = min(16, t.channels - c)
                if count == 16 {
                    depthwise16(t, ox, c, y)
                } else {
                    for c in c..<t.channels { y[c] = requantize(t, depthwise1(t, ox, c), c) }
                }
            }
        }
    }

    private static func depthwise16(_ t: kn_depthwise_i8, _ ox: Int, _ c: Int, _ y: UnsafeMutablePointer<Int8>) {
        var sums = UnsafeRawPointer(t.bias + c).loadUnaligned(as: SIMD16<Int32>.self)
        let zero = SIMD16<Int16>(repeating: Int16(truncatingIfNeeded: t.x_zero))
        for i in 0..<t.kh {
            guard let row = t.rows[i] else { continue }
            for j in 0..<t.kw {
                let ix = ox * t.stride - t.pad + j * t.dilation
                if ix < 0 || ix >= t.width { continue }
                let x = UnsafeRawPointer(row + ix * t.channels + c).loadUnaligned(as: SIMD16<Int8>.self)
                let w = UnsafeRawPointer(t.w + (i * t.kw + j) * t.channels + c).loadUnaligned(as: SIMD16<Int8>.self)
                // |x - zero| ≤ 255 and |w| ≤ 128: the product fits in 16 bits.
                let product = (SIMD16<Int16>(truncatingIfNeeded: x) &- zero) &* SIMD16<Int16>(truncatingIfNeeded: w)
                sums &+= SIMD16<Int32>(truncatingIfNeeded: product)
            }
        }
        for k in 0..<16 { y[c + k] = requantize(t, sums[k], c + k) }
    }

    private static func depthwise1(_ t: kn_depthwise_i8, _ ox: Int, _ c: Int) -> Int32 {
        var sum = t.bias[c]
        for i in 0..<t.kh {
            guard let row = t.rows[i] else { continue }
            for j in 0..<t.kw {
                let ix = ox * t.stride - t.pad + j * t.dilation
                if ix < 0 || ix >= t.width { continue }
                sum &+= (Int32(row[ix * t.channels + c]) - t.x_zero) &* Int32(t.w[(i * t.kw + j) * t.channels + c])
            }
        }
        return sum
    }

    @inline(__always)
    private static func requantize(_ t: kn_depthwise_i8, _ sum: Int32, _ c: Int) -> Int8 {
        round(Float(sum) * t.scale[c], t.zero, t.low, t.high)
    }
}
