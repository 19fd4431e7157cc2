import CKernels

extension Kernels {
    var i8Rows: Int { table.i8_mr > 0 ? table.i8_mr : 4 }
    var i8Columns: Int { table.i8_nr > 0 ? table.i8_nr : 16 }
    var unsignedA: Bool { table.tile_i8 != nil && table.unsigned_a != 0 }

    func tile(_ t: inout kn_tile_i8) {
        if let kernel = table.tile_i8 { return kernel(&t) }
        let nr = i8Columns
        for i in 0..<t.rows {
            for j in 0..<t.columns {
                var sum = t.bias[j]
                for s in 0..<t.segments {
                    let (a, b) = (t.a[i] + t.offset[s], t.b + s * t.run4 * nr * 4)
                    for k in 0..<t.run4 * 4 { sum &+= Int32(a[k]) &* Int32(b[k / 4 * nr * 4 + j * 4 + k % 4]) }
                }
                t.y[i * t.y_stride + j] = requantize(sum, t.scale[j], t.zero, t.low, t.high)
            }
        }
    }

    func depthwise(_ t: inout kn_depthwise_i8) {
        if let kernel = table.depthwise_i8 { return kernel(&t) }
        for x in 0..<t.columns {
            for c in 0..<t.channels {
                var sum = t.bias[c]
                for i in 0..<t.kh {
                    guard let row = t.rows[i] else { continue }
                    for j in 0..<t.kw {
                        let at = x * t.stride + j * t.dilation - t.pad
                        if at >= 0 && at < t.width {
                            sum &+= (Int32(row[at * t.channels + c]) &- t.x_zero)
                                &* Int32(t.w[(i * t.kw + j) * t.channels + c])
                        }
                    }
                }
                t.y[x * t.channels + c] = requantize(sum, t.scale[c], t.zero, t.low, t.high)
            }
        }
    }
}

/// clamp(roundHalfEven(float(sum) · scale) + zero, low, high).
@inline(__always)
func requantize(_ sum: Int32, _ scale: Float, _ zero: Int32, _ low: Int32, _ high: Int32) -> Int8 {
    Int8(truncatingIfNeeded: rounded(Float(sum) * scale, from: Float(low &- zero), to: Float(high &- zero)) &+ zero)
}
