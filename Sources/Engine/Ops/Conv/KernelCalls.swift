import CKernels

extension Kernels {
    var f32Rows: Int { table.f32_mr > 0 ? table.f32_mr : 4 }
    var f32Columns: Int { table.f32_nr > 0 ? table.f32_nr : 16 }

    func tile(_ t: inout kn_tile_f32) {
        if let kernel = table.tile_f32 { return kernel(&t) }
        for i in 0..<t.rows {
            for j in 0..<t.columns {
                var sum = t.bias[j]
                for s in 0..<t.segments {
                    let (a, b) = (t.a[i] + t.offset[s], t.b + s * t.run * 16)
                    for k in 0..<t.run { sum += a[k] * b[k * 16 + j] }
                }
                t.y[i * t.y_stride + j] = clamp(sum, t.low, t.high)
            }
        }
    }

    func depthwise(_ t: inout kn_depthwise_f32) {
        if let kernel = table.depthwise_f32 { return kernel(&t) }
        for x in 0..<t.columns {
            for c in 0..<t.channels {
                var sum = t.bias[c]
                for i in 0..<t.kh {
                    guard let row = t.rows[i] else { continue }
                    for j in 0..<t.kw {
                        let at = x * t.stride + j * t.dilation - t.pad
                        if at >= 0 && at < t.width { sum += row[at * t.channels + c] * t.w[(i * t.kw + j) * t.channels + c] }
                    }
                }
                t.y[x * t.channels + c] = clamp(sum, t.low, t.high)
            }
        }
    }
}
