/// da = alpha · dy · bᵀ, db = alpha · aᵀ · dy, dc = beta · Σ dy over what c was broadcast to, with dy 0 where y was clamped.
extension Gemm: DifferentiableOp {
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps {
        Keeps(
            inputs: (wants[1] ? [0] : []) + (wants[0] ? [1] : []),
            outputs: low > -.infinity || high < .infinity ? [0] : [])
    }

    public var backwardPackedInputs: [Int] { [1] }

    /// y is [m, n], a (turned, if it comes transposed) [m, k].
    private func sizes(_ x: [TensorType]) -> (m: Int, k: Int, n: Int) {
        sizes(x[0], x[1])
    }

    private func sizes(_ a: TensorType, _ b: TensorType) -> (m: Int, k: Int, n: Int) {
        (a.shape[transA ? 1 : 0], b.shape[transB ? 1 : 0], b.shape[transB ? 0 : 1])
    }

    /// Of bᵀ.
    private func turnedPanels(_ k: Int, _ n: Int, _ target: Target) -> Panels {
        Panels(k: n, n: k, nr: target.kernels.f32Tile.nr)
    }

    public func backwardPackedBytes(_ x: [TensorType], wants: [Bool], _ target: Target) -> Int {
        let (_, k, n) = sizes(x)
        return wants[0] ? turnedPanels(k, n, target).bytes : 0
    }

    public func packBackward(_ frame: BackwardFrame) {
        let (_, k, n) = sizes(frame.x[0].type, frame.x[1].type)
        let panels = turnedPanels(k, n, frame.target)
        let to = frame.packed.assumingMemoryBound(to: Float.self)
        panels.pack(frame.x[1].f32, rowStep: transB ? k : 1, columnStep: transB ? 1 : n, scale: alpha, to: to)
        panels.packBias(nil, to: to)
    }

    /// alpha · a as [m, k] has a place of its own.
    private var copiesA: Bool { transA || alpha != 1 }

    /// Scratch: da or alpha · a as [m, k], one after the other, then the workers' own.
    public func backwardScratchBytes(_ x: [TensorType], wants: [Bool], _ target: Target) -> Int {
        copyBytes(x[0]) + target.workers * Product.scratchBytes(segments: 1)
    }

    private func copyBytes(_ a: TensorType) -> Int { copiesA ? (a.bytes + 127) & ~63 : 0 }

    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        maskGradient(frame, low, high, worker)
        if low > -.infinity || high < .infinity { worker.barrier() }
        if let da = frame.dx[0] { left(frame, da.f32, worker) }
        if let db = frame.dx[1] { right(frame, db.f32, worker) }
        if frame.dx.count > 2, let dc = frame.dx[2] { addend(frame, dc, worker) }
    }

    private func left(_ frame: BackwardFrame, _ da: UnsafeMutablePointer<Float>, _ worker: Worker) {
        let (m, k, n) = sizes(frame.x[0].type, frame.x[1].type)
        let turned = frame.scratch.assumingMemoryBound(to: Float.self)
        let product = Product(
            kernels: frame.target.kernels, rows: RowWalk(frame.dy[0].base, count: m, step: n * 4), m: m,
            panels: turnedPanels(k, n, frame.target), run: n, segments: 1,
            packed: frame.packed.assumingMemoryBound(to: Float.self), y: transA ? turned : da, yStride: k,
            addend: frame.adds[0] && !transA ? UnsafePointer(da) : nil, low: -.infinity, high: .infinity)
        let own = frame.scratch + copyBytes(frame.x[0].type) + worker.index * Product.scratchBytes(segments: 1)
        product.compute(worker, own: own) { _ in 0 }
        if !transA { return }
        worker.barrier()
        for j in worker.share(of: k, grain: 16) {
            for i in 0..<m { da[j * m + i] = (frame.adds[0] ? da[j * m + i] : 0) + turned[i * k + j] }
        }
    }

    private func right(_ frame: BackwardFrame, _ db: UnsafeMutablePointer<Float>, _ worker: Worker) {
        let (m, k, n) = sizes(frame.x[0].type, frame.x[1].type)
        var a = UnsafePointer(frame.x[0].f32)
        if copiesA {
            if frame.dx[0] != nil { worker.barrier() }
            let copy = frame.scratch.assumingMemoryBound(to: Float.self)
            for i in worker.share(of: m) {
                for j in 0..<k { copy[i * k + j] = alpha * a[transA ? j * m + i : i * k + j] }
            }
            worker.barrier()
            a = UnsafePointer(copy)
        }
        let dy = UnsafePointer(frame.dy[0].f32)
        OuterProduct(
            kernels: frame.target.kernels, points: m, a: transB ? dy : a, rows: transB ? n : k, b: transB ? a : dy,
            columns: transB ? k : n, y: db, adds: frame.adds[1]
        ).compute(worker)
    }

    private func addend(_ frame: BackwardFrame, _ dc: TensorView, _ worker: Worker) {
        let (m, _, n) = sizes(frame.x[0].type, frame.x[1].type)
        let (dy, shape) = (frame.dy[0].f32, dc.shape)
        let columns = shape.isEmpty ? 1 : shape[shape.count - 1]
        let isRow = shape.count < 2 || shape[0] == 1
        for e in worker.share(of: dc.count, grain: 16) {
            let (rows, part) = (
                isRow ? 0..<m : e / columns..<e / columns + 1, columns == 1 ? 0..<n : e % columns..<e % columns + 1
            )
            var sum: Float = 0
            for i in rows { for j in part { sum += dy[i * n + j] } }
            dc.f32[e] = (frame.adds[2] ? dc.f32[e] : 0) + beta * sum
        }
    }
}
