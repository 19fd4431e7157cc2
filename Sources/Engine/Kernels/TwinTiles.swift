import CKernels

extension Twin {
    /// Four rows by four columns at a time, each row of a panel of `nr` columns (a multiple of 4) read once for them.
    package static func tile(_ t: kn_tile_f32, nr: Int) {
        let depth = t.segments * t.run
        for column in stride(from: 0, to: t.columns, by: 4) {
            let panel = column / nr * nr
            let b = t.b + panel * depth + (column - panel)
            for row in stride(from: 0, to: t.rows, by: 4) {
                tile4x4(t, nr: nr, row: row, column: column, b: b)
            }
        }
    }

    private static func tile4x4(_ t: kn_tile_f32, nr: Int, row: Int, column: Int, b: UnsafePointer<Float>) {
        // Rows past the end repeat the last one and are not stored.
        let last = t.rows - 1
        let a0 = t.a[row]
        let a1 = t.a[min(row + 1, last)]
        let a2 = t.a[min(row + 2, last)]
        let a3 = t.a[min(row + 3, last)]
        let bias = vector(t.bias + column)
        var (y0, y1, y2, y3) = (bias, bias, bias, bias)
        var b = b
        for s in 0..<t.segments {
            let offset = t.offset[s]
            for k in offset..<offset + t.run {
                let w = vector(b)
                y0 = multiplyAdd(SIMD4(repeating: a0[k]), w, y0)
                y1 = multiplyAdd(SIMD4(repeating: a1[k]), w, y1)
                y2 = multiplyAdd(SIMD4(repeating: a2[k]), w, y2)
                y3 = multiplyAdd(SIMD4(repeating: a3[k]), w, y3)
                b += nr
            }
        }
        store(y0, t, row, column)
        store(y1, t, row + 1, column)
        store(y2, t, row + 2, column)
        store(y3, t, row + 3, column)
    }

    @inline(__always)
    private static func vector(_ p: UnsafePointer<Float>) -> SIMD4<Float> {
        UnsafeRawPointer(p).loadUnaligned(as: SIMD4<Float>.self)
    }

    @inline(__always)
    private static func store(_ sums: SIMD4<Float>, _ t: kn_tile_f32, _ row: Int, _ column: Int) {
        if row >= t.rows { return }
        let y = t.y + row * t.y_stride + column
        for j in 0..<min(4, t.columns - column) {
            let more = t.residual.map { $0[row * t.residual_stride + column + j] } ?? 0
            y[j] = clamp(sums[j] + more, t.low, t.high)
        }
    }

    package static func tile(_ t: kn_tile_i8, nr: Int, unsignedA: Bool) {
        let groups = t.segments * t.run4
        for column in 0..<t.columns {
            let panel = column / nr * nr
            let b = t.b + 4 * (panel * groups + (column - panel))
            for row in 0..<t.rows {
                let sum = t.bias[column] &+ dot(t, t.a[row], b, nr, unsignedA)
                let y = row * t.y_stride + column
                if let floats = t.y_f32 {
                    floats[y] = Float(sum) * t.scale[column]
                } else if let bytes = t.y {
                    bytes[y] = requantize(sum, t.scale[column], zero: t.zero, low: t.low, high: t.high)
                }
            }
        }
    }

    /// Σ a · b over one row and one column.
    @inline(__always)
    private static func dot(
        _ t: kn_tile_i8, _ a: UnsafePointer<Int8>, _ b: UnsafePointer<Int8>, _ nr: Int, _ unsignedA: Bool
    ) -> Int32 {
        let flip: Int32 = unsignedA ? 128 : 0
        var (b, sum) = (b, Int32(0))
        for s in 0..<t.segments {
            var x = a + t.offset[s]
            for _ in 0..<t.run4 {
                sum &+= (Int32(x[0]) &+ flip) &* Int32(b[0])
                sum &+= (Int32(x[1]) &+ flip) &* Int32(b[1])
                sum &+= (Int32(x[2]) &+ flip) &* Int32(b[2])
                sum &+= (Int32(x[3]) &+ flip) &* Int32(b[3])
                x += 4
                b += 4 * nr
            }
        }
        return sum
    }
}
