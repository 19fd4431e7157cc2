/// y[m, n] = clamp(alpha · Σ_k a[m, k] · b[k, n] + beta · c[m, n], low, high); a or b may be given transposed, c is
/// broadcast or left out.
public final class Gemm: Op {
    public let alpha: Float
    public let beta: Float
    public let transA: Bool
    public let transB: Bool
    /// c is one row for all of y (or one number): it is packed with b.
    public let rowBias: Bool
    public let low: Float
    public let high: Float

    public init(
        alpha: Float = 1, beta: Float = 1, transA: Bool = false, transB: Bool = false, rowBias: Bool = true,
        low: Float = -.infinity, high: Float = .infinity
    ) {
        (self.alpha, self.beta, self.transA, self.transB) = (alpha, beta, transA, transB)
        (self.rowBias, self.low, self.high) = (rowBias, low, high)
    }

    /// Whether c is the same for every row.
    public static func isRow(_ c: TensorType) -> Bool { c.rank < 2 || (c.rank == 2 && c.shape[0] == 1) }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try require(x.count == 2 || x.count == 3, .shape, "Gemm takes 2 or 3 inputs, got \(x.count)")
        for t in x { try require(t.dtype == .f32, .unsupported, "Gemm of \(t.dtype.name), wanted float32") }
        let (a, b) = (x[0], x[1])
        try require(
            a.rank == 2 && b.rank == 2 && a.shape[transA ? 0 : 1] == b.shape[transB ? 1 : 0], .shape,
            "Gemm cannot multiply \(shapeText(a.shape))\(transA ? "ᵀ" : "") by \(shapeText(b.shape))\(transB ? "ᵀ" : "")"
        )
        let y = [a.shape[transA ? 1 : 0], b.shape[transB ? 0 : 1]]
        _ = try checkedCount(y)
        if x.count == 3 {
            let c = x[2].shape
            let fits = c.count <= 2 && zip(c.reversed(), y.reversed()).allSatisfy { $0 == $1 || $0 == 1 }
            try require(fits, .shape, "Gemm cannot add \(shapeText(c)) to \(shapeText(y))")
            try require(rowBias == Gemm.isRow(x[2]), .shape, "Gemm was made for another addend than \(shapeText(c))")
        }
        return [TensorType(.f32, y)]
    }

    public var packedInputs: [Int] { rowBias ? [1, 2] : [1] }

    private func panels(_ b: TensorType, _ target: Target) -> Panels {
        Panels(k: b.shape[transB ? 1 : 0], n: b.shape[transB ? 0 : 1], nr: target.kernels.f32Tile.nr)
    }

    public func packedBytes(_ x: [TensorType], _ target: Target) -> Int { panels(x[1], target).bytes }

    public func pack(_ frame: Frame) {
        let panels = panels(frame.x[1].type, frame.target)
        let to = frame.packed.assumingMemoryBound(to: Float.self)
        let (b, n) = (frame.x[1].f32, panels.n)
        panels.pack(b, rowStep: transB ? 1 : n, columnStep: transB ? panels.k : 1, scale: alpha, to: to)
        let c = frame.x.count == 3 && rowBias ? frame.x[2] : nil
        panels.packBias(c?.f32, step: c?.count == n ? 1 : 0, scale: beta, to: to)
    }

    /// Scratch: a as [m, k] if it comes transposed, beta · c if it has rows, then the workers' own.
    private func places(_ a: TensorType, _ b: TensorType, _ inputs: Int) -> (addend: Int, own: Int) {
        let m = a.shape[transA ? 1 : 0]
        let turned = transA ? (a.bytes + 127) & ~63 : 0
        return (turned, turned + (inputs == 3 && !rowBias ? (m * b.shape[transB ? 0 : 1] * 4 + 127) & ~63 : 0))
    }

    public func scratchBytes(_ x: [TensorType], _ target: Target) -> Int {
        places(x[0], x[1], x.count).own + target.workers * Product.scratchBytes(segments: 1)
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let panels = panels(frame.x[1].type, frame.target)
        let (m, k, n) = (frame.y[0].shape[0], panels.k, panels.n)
        let places = places(frame.x[0].type, frame.x[1].type, frame.x.count)
        var a = UnsafePointer(frame.x[0].f32)
        if transA {
            let turned = frame.scratch.assumingMemoryBound(to: Float.self)
            for i in worker.share(of: m) { for j in 0..<k { turned[i * k + j] = a[j * m + i] } }
            a = UnsafePointer(turned)
        }
        var addend: UnsafePointer<Float>?
        if frame.x.count == 3 && !rowBias {
            let (c, columns) = (frame.x[2].f32, frame.x[2].shape[1])
            let wide = (frame.scratch + places.addend).assumingMemoryBound(to: Float.self)
            for i in worker.share(of: m) {
                for j in 0..<n { wide[i * n + j] = beta * c[columns == 1 ? i : i * n + j] }
            }
            addend = UnsafePointer(wide)
        }
        if transA || addend != nil { worker.barrier() }
        let product = Product(
            kernels: frame.target.kernels, rows: RowWalk(a, count: m, step: k * 4), m: m, panels: panels, run: k,
            segments: 1, packed: frame.packed.assumingMemoryBound(to: Float.self), y: frame.y[0].f32, yStride: n,
            addend: addend, low: low, high: high)
        let own = frame.scratch + places.own + worker.index * Product.scratchBytes(segments: 1)
        product.compute(worker, own: own) { _ in 0 }
    }

    public var gradient: (any DifferentiableOp)? { self }
}

let gemmEntry = OpEntry(
    ["Gemm"], attributes: ["alpha", "beta", "transA", "transB"], layout: .onnx, cases: gemmCases,
    make: { spec throws(KingletError) in
        let c = spec.inputs.count > 2 ? spec.inputs[2] : nil
        return Gemm(
            alpha: try spec.attributes.float("alpha", 1), beta: try spec.attributes.float("beta", 1),
            transA: try spec.attributes.int("transA", 0) != 0, transB: try spec.attributes.int("transB", 0) != 0,
            rowBias: c.map { Gemm.isRow($0) } ?? true)
    })

private func gemm(_ name: String, _ shapes: [[Int]], _ attributes: [String: Attribute] = [:]) -> OpCase {
    OpCase(name, shapes.map { TensorType(.f32, $0) }, attributes)
}

private let gemmCases: [OpCase] = [
    gemm("plain", [[7, 19], [19, 37], [37]]),
    gemm("no addend", [[5, 3], [3, 4]]),
    gemm("one row, weights transposed", [[1, 130], [70, 130], [70]], ["transB": .int(1)]),
    gemm(
        "all turned and scaled", [[9, 6], [35, 9], [6, 35]],
        ["transA": .int(1), "transB": .int(1), "alpha": .float(0.5), "beta": .float(-2)]),
    gemm("a column added", [[6, 5], [5, 33], [6, 1]], ["beta": .float(0.25)]),
    gemm("a number added", [[6, 5], [5, 17], [1]]),
    gemm("a scalar added", [[4, 5], [5, 17], []]),
    gemm("a row added", [[6, 5], [5, 17], [1, 17]]),
    gemm("one row and a matrix added", [[2, 5], [5, 3], [2, 3]]),
]
