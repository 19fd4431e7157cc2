/// y[m, n] = output(b[n] + Σ_k (x[m, k] - zero) · (w[k, n] - zw[n])) with int32 sums, multiplied by m[n]; all axes of x but
/// the last count as m. Inputs: x [..., K] int8, w [K, N] int8 or uint8, [N, K] if `transposed`; b [N] int32 or none.
public final class IntegerGemm: Op {
    public let transposed: Bool
    public let zero: Int32
    public let weights: IntegerWeights
    public let multipliers: [Float]
    public let output: IntegerOutput

    public init(
        transposed: Bool, zero: Int32, weights: IntegerWeights, multipliers: [Float], output: IntegerOutput
    ) {
        self.transposed = transposed
        self.zero = zero
        self.weights = weights
        self.multipliers = multipliers
        self.output = output
    }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try require(x.count == 2 || x.count == 3, .shape, "IntegerGemm got \(x.count) inputs")
        let (a, w) = (x[0], x[1])
        try require(
            a.dtype == .i8 && (w.dtype == .i8 || w.dtype == .u8) && a.rank >= 1 && w.rank == 2
                && w.shape[transposed ? 1 : 0] == a.shape[a.rank - 1] && a.shape[a.rank - 1] > 0, .shape,
            "IntegerGemm of \(a.description) with weights \(w.description)")
        let n = w.shape[transposed ? 0 : 1]
        if x.count > 2 {
            try require(x[2] == TensorType(.i32, [n]), .shape, "the bias is \(x[2].description), wanted int32[\(n)]")
        }
        for count in [weights.zeros.count, multipliers.count] {
            try require(count == 1 || count == n, .shape, "\(count) scales or zero points for \(n) columns")
        }
        let y = TensorType(output.dtype, a.shape.dropLast() + [n])
        _ = try checkedCount(y.shape)
        return [y]
    }

    private func panels(_ w: TensorType, _ target: Target) -> IntegerPanels {
        IntegerPanels(
            segments: 1, run: w.shape[transposed ? 1 : 0], n: w.shape[transposed ? 0 : 1], parts: weights.parts,
            target.kernels)
    }

    public var packedInputs: [Int] { [1, 2] }

    public func packedBytes(_ x: [TensorType], _ target: Target) -> Int { panels(x[1], target).bytes }

    public func scratchBytes(_ x: [TensorType], _ target: Target) -> Int {
        target.workers * IntegerProduct.scratchBytes(panels(x[1], target))
    }

    public func pack(_ frame: Frame) {
        let panels = panels(frame.x[1].type, frame.target)
        panels.pack(
            frame.x[1], weights, first: 0, columnStep: transposed ? panels.run : 1, segmentStep: 0,
            runStep: transposed ? 1 : panels.n, to: frame.packed)
        panels.packBias(
            frame.x.count > 2 ? UnsafePointer(frame.x[2].i32) : nil, multipliers, first: 0, zero: zero,
            unsigned: frame.target.kernels.unsignedA, to: frame.packed)
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let panels = panels(frame.x[1].type, frame.target)
        let m = frame.x[0].count / panels.run
        if m == 0 { return }
        let product = IntegerProduct(
            kernels: frame.target.kernels, rows: RowWalk(frame.x[0].base, count: m, step: panels.run), m: m,
            panels: panels, packed: frame.packed, y: frame.y[0].base, yStride: panels.n, output: output)
        product.compute(worker, own: frame.scratch + worker.index * IntegerProduct.scratchBytes(panels)) { _ in 0 }
    }
}
