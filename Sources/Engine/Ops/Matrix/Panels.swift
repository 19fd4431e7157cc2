/// How a matrix b[k, n] is laid out for the tiles: panels of `nr` columns, each [k, nr] and zero past column n, then a
/// bias of `nr` entries for each panel.
struct Panels {
    let k: Int
    let n: Int
    let nr: Int

    var count: Int { (n + nr - 1) / nr }
    /// Floats of one panel.
    var stride: Int { k * nr }
    /// Floats of all panels and the bias.
    var floats: Int { count * (stride + nr) }
    var bytes: Int { floats * 4 }
    /// Where the bias begins, in floats.
    var bias: Int { count * stride }

    func columns(of panel: Int) -> Int { min(nr, n - panel * nr) }

    /// Lays out scale · b, with element (i, j) of b at `b[i * rowStep + j * columnStep]`; with `part`, those rows of the
    /// panels only, which come from the rows 0 … of b.
    func pack(
        _ b: UnsafePointer<Float>, rowStep: Int, columnStep: Int, scale: Float = 1, part: Range<Int>? = nil,
        to packed: UnsafeMutablePointer<Float>
    ) {
        let (k, packed) = (part?.count ?? k, packed + (part?.lowerBound ?? 0) * nr)
        for p in 0..<count {
            let (columns, from, to) = (columns(of: p), b + p * nr * columnStep, packed + p * stride)
            // Some rows of a panel at a time stay in the first-level cache, whichever way b is read.
            for first in Swift.stride(from: 0, to: k, by: 64) {
                let rows = first..<min(first + 64, k)
                if columnStep == 1 {
                    for i in rows { for j in 0..<columns { to[i * nr + j] = scale * from[i * rowStep + j] } }
                } else {
                    for j in 0..<columns {
                        let column = from + j * columnStep
                        for i in rows { to[i * nr + j] = scale * column[i * rowStep] }
                    }
                }
                for j in columns..<nr { for i in rows { to[i * nr + j] = 0 } }
            }
        }
    }

    /// Lays out scale · bias, with entry j at `bias[j * step]`; zeros without one.
    func packBias(
        _ values: UnsafePointer<Float>?, step: Int = 1, scale: Float = 1, to packed: UnsafeMutablePointer<Float>
    ) {
        let to = packed + bias
        for j in 0..<count * nr {
            if let values, j < n { to[j] = scale * values[j * step] } else { to[j] = 0 }
        }
    }
}
