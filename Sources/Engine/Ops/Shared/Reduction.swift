/// A tensor's positions as kept ones and, for each of those, reduced ones; offsets count from the tensor's start.
struct Reduction {
    private(set) var kept = Walk()
    private(set) var reduced = Walk()

    init(_ shape: [Int], _ axes: [Int]) {
        let strides = Dims(stridesOf: shape)
        for k in 0..<shape.count {
            if axes.contains(k) { reduced.add(shape[k], strides[k]) } else { kept.add(shape[k], strides[k]) }
        }
    }

    /// The reduced positions lie one after another.
    var together: Bool { reduced.count == 1 || reduced.row.a == 1 && reduced.row.size == reduced.count }
}

/// Σ x[i], i < n: eight partial sums, then their sum, so that it does not depend on who computes it.
func sum(_ x: UnsafePointer<Float>, _ n: Int) -> Float {
    var (a, b) = (F8(repeating: 0), F8(repeating: 0))
    var i = 0
    while i + 16 <= n {
        a += load(x + i)
        b += load(x + i + 8)
        i += 16
    }
    if i + 8 <= n {
        a += load(x + i)
        i += 8
    }
    var rest: Float = 0
    while i < n {
        rest += x[i]
        i += 1
    }
    return (a + b).sum() + rest
}
