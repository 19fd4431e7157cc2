/// y[…, m, n] = clamp(Σ_k a[…, m, k] · b[…, k, n] + bias[n], low, high). Leading axes are broadcast; a vector is a matrix
/// of one row (a) or one column (b). Inputs: a, b, and perhaps a bias [n].
public final class MatMul: Op {
    public let low: Float
    public let high: Float

    public init(low: Float = -.infinity, high: Float = .infinity) {
        self.low = low
        self.high = high
    }

    /// Sizes of one product, and how many there are of each kind.
    struct Sizes {
        let m: Int
        let k: Int
        let n: Int
        /// Matrices in b.
        let matrices: Int

        init(_ a: TensorType, _ b: TensorType) {
            k = a.shape[a.rank - 1]
            n = b.rank > 1 ? b.shape[b.rank - 1] : 1
            var count = 1
            for i in 0..<max(b.rank - 2, 0) { count *= b.shape[i] }
            matrices = count
            // One matrix b: all rows of a are rows of one product.
            var rows = a.rank > 1 ? a.shape[a.rank - 2] : 1
            if count == 1 { for i in 0..<max(a.rank - 2, 0) { rows *= a.shape[i] } }
            m = rows
        }
    }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try require(x.count == 2 || x.count == 3, .shape, "MatMul takes two inputs, got \(x.count)")
        for t in x { try require(t.dtype == .f32, .unsupported, "MatMul of \(t.dtype.name), wanted float32") }
        let (a, b) = (x[0].shape, x[1].shape)
        let refusal = "MatMul cannot multiply \(shapeText(a)) by \(shapeText(b))"
        try require(!a.isEmpty && !b.isEmpty && a[a.count - 1] == b[max(b.count - 2, 0)], .shape, refusal)
        let (outerA, outerB) = (Array(a.dropLast(2)), Array(b.dropLast(2)))
        var y: [Int] = []
        for i in 0..<max(outerA.count, outerB.count) {
            let (p, q) = (
                i < outerA.count ? outerA[outerA.count - 1 - i] : 1, i < outerB.count ? outerB[outerB.count - 1 - i] : 1
            )
            try require(p == q || p == 1 || q == 1, .shape, refusal)
            y.insert(p == 1 ? q : p, at: 0)
        }
        if a.count > 1 { y.append(a[a.count - 2]) }
        if b.count > 1 { y.append(b[b.count - 1]) }
        _ = try checkedCount(y)
        if x.count == 3 {
            try require(x[2].shape == [b.count > 1 ? b[b.count - 1] : 1], .shape, "bias \(x[2].description)")
        }
        return [TensorType(.f32, y)]
    }

    public var packedInputs: [Int] { [1, 2] }

    private func panels(_ s: Sizes, _ target: Target) -> Panels {
        Panels(k: s.k, n: s.n, nr: target.kernels.f32Tile.nr)
    }

    public func packedBytes(_ x: [TensorType], _ target: Target) -> Int {
        let sizes = Sizes(x[0], x[1])
        return sizes.matrices * panels(sizes, target).bytes
    }

    public func pack(_ frame: Frame) {
        let sizes = Sizes(frame.x[0].type, frame.x[1].type)
        let panels = panels(sizes, frame.target)
        for i in 0..<sizes.matrices {
            let to = frame.packed.assumingMemoryBound(to: Float.self) + i * panels.floats
            panels.pack(frame.x[1].f32 + i * sizes.k * sizes.n, rowStep: sizes.n, columnStep: 1, to: to)
            panels.packBias(frame.x.count > 2 ? frame.x[2].f32 : nil, to: to)
        }
    }

    public func scratchBytes(_ x: [TensorType], _ target: Target) -> Int {
        target.workers * Product.scratchBytes(segments: 1)
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (a, b) = (frame.x[0].type, frame.x[1].type)
        let sizes = Sizes(a, b)
        if sizes.m * sizes.n == 0 { return }
        let panels = panels(sizes, frame.target)
        for i in 0..<frame.y[0].count / (sizes.m * sizes.n) {
            let from = frame.x[0].f32 + (sizes.matrices == 1 ? 0 : outer(i, a, b)) * sizes.m * sizes.k
            let product = Product(
                kernels: frame.target.kernels, rows: RowWalk(from, count: sizes.m, step: sizes.k * 4), m: sizes.m,
                panels: panels, run: sizes.k, segments: 1,
                packed: frame.packed.assumingMemoryBound(to: Float.self) + outer(i, b, a) * panels.floats,
                y: frame.y[0].f32 + i * sizes.m * sizes.n, yStride: sizes.n, low: low, high: high)
            product.compute(worker, own: frame.scratch + worker.index * Product.scratchBytes(segments: 1)) { _ in 0 }
        }
    }

    public var gradient: (any DifferentiableOp)? { self }

    /// Which matrix of `a` product `i` takes, where a's leading axes are broadcast against those of `b`.
    func outer(_ i: Int, _ a: TensorType, _ b: TensorType) -> Int {
        var (rest, index, step) = (i, 0, 1)
        for axis in 0..<max(a.rank, b.rank, 2) - 2 {
            let p = a.rank - 3 - axis >= 0 ? a.shape[a.rank - 3 - axis] : 1
            let q = b.rank - 3 - axis >= 0 ? b.shape[b.rank - 3 - axis] : 1
            let size = p == 1 ? q : p
            if p > 1 { index += rest % size * step }
            rest /= size
            step *= p
        }
        return index
    }
}

let matMulEntry = OpEntry(
    ["MatMul"], layout: .onnx,
    cases: [
        [[5, 7], [7, 35]], [[2, 3, 4, 5], [5, 6]], [[2, 3, 4, 5], [3, 5, 6]],
        [[3, 1, 4, 5], [1, 2, 5, 6]], [[4, 5], [2, 5, 6]], [[7], [7]], [[7], [7, 3]], [[4, 7], [7]], [[2, 4, 7], [7]],
        [[7], [2, 7, 3]], [[1, 200], [200, 100]],
    ].map { shapes in
        OpCase("\(shapeText(shapes[0])) · \(shapeText(shapes[1]))", shapes.map { TensorType(.f32, $0) })
    },
    make: { _ throws(KingletError) in MatMul() })
