/// da = dy · bᵀ, db = aᵀ · dy, summed over the axes that a or b was repeated along, and the bias's Σ dy over all rows; dy is
/// 0 where y was clamped.
extension MatMul: DifferentiableOp {
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps {
        Keeps(
            inputs: (wants[1] ? [0] : []) + (wants[0] ? [1] : []),
            outputs: low > -.infinity || high < .infinity ? [0] : [])
    }

    public var backwardPackedInputs: [Int] { [1] }

    /// Of bᵀ.
    private func turnedPanels(_ s: Sizes, _ target: Target) -> Panels {
        Panels(k: s.n, n: s.k, nr: target.kernels.f32Tile.nr)
    }

    public func backwardPackedBytes(_ x: [TensorType], wants: [Bool], _ target: Target) -> Int {
        let sizes = Sizes(x[0], x[1])
        return wants[0] ? sizes.matrices * turnedPanels(sizes, target).bytes : 0
    }

    public func backwardScratchBytes(_ x: [TensorType], wants: [Bool], _ target: Target) -> Int {
        wants[0] ? target.workers * Product.scratchBytes(segments: 1) : 0
    }

    public func packBackward(_ frame: BackwardFrame) {
        let sizes = Sizes(frame.x[0].type, frame.x[1].type)
        let panels = turnedPanels(sizes, frame.target)
        for i in 0..<sizes.matrices {
            let to = frame.packed.assumingMemoryBound(to: Float.self) + i * panels.floats
            panels.pack(frame.x[1].f32 + i * sizes.k * sizes.n, rowStep: 1, columnStep: sizes.n, to: to)
            panels.packBias(nil, to: to)
        }
    }

    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        let (a, b) = (frame.x[0].type, frame.x[1].type)
        let sizes = Sizes(a, b)
        let size = sizes.m * sizes.n
        let count = size == 0 ? 0 : frame.dy[0].count / size
        maskGradient(frame, low, high, worker)
        // A matrix that takes part in several products gets their sum.
        if count != 1 {
            frame.prepare(0, worker)
            frame.prepare(1, worker)
        }
        if count != 1 || low > -.infinity || high < .infinity { worker.barrier() }
        for i in 0..<count {
            let p = sizes.matrices == 1 ? 0 : outer(i, a, b)
            let dy = UnsafePointer(frame.dy[0].f32 + i * size)
            if let da = frame.dx[0] {
                left(
                    frame, sizes, dy, outer(i, b, a), da.f32 + p * sizes.m * sizes.k, frame.adds[0] || count > 1, worker
                )
            }
            if let db = frame.dx[1] {
                right(
                    frame.x[0].f32 + p * sizes.m * sizes.k, dy, sizes,
                    db.f32 + outer(i, b, a) * sizes.k * sizes.n, frame.adds[1] || count > 1, frame.target, worker)
            }
        }
        if frame.dx.count > 2, let bias = frame.dx[2] {
            OuterProduct.sumRows(
                frame.dy[0].f32, points: frame.dy[0].count / max(sizes.n, 1), columns: sizes.n, y: bias.f32,
                adds: frame.adds[2], frame.target.kernels, worker)
        }
    }

    private func left(
        _ frame: BackwardFrame, _ s: Sizes, _ dy: UnsafePointer<Float>, _ matrix: Int,
        _ da: UnsafeMutablePointer<Float>, _ adds: Bool, _ worker: Worker
    ) {
        let panels = turnedPanels(s, frame.target)
        let product = Product(
            kernels: frame.target.kernels, rows: RowWalk(dy, count: s.m, step: s.n * 4), m: s.m, panels: panels,
            run: s.n, segments: 1, packed: frame.packed.assumingMemoryBound(to: Float.self) + matrix * panels.floats,
            y: da, yStride: s.k, addend: adds ? UnsafePointer(da) : nil, low: -.infinity, high: .infinity)
        product.compute(worker, own: frame.scratch + worker.index * Product.scratchBytes(segments: 1)) { _ in 0 }
    }

    private func right(
        _ a: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ s: Sizes, _ db: UnsafeMutablePointer<Float>,
        _ adds: Bool, _ target: Target, _ worker: Worker
    ) {
        // One column lies like one row, and rows are faster.
        let isColumn = s.n == 1
        OuterProduct(
            kernels: target.kernels, points: s.m, a: isColumn ? dy : a, rows: isColumn ? 1 : s.k, b: isColumn ? a : dy,
            columns: isColumn ? s.k : s.n, y: db, adds: adds
        ).compute(worker)
    }
}
