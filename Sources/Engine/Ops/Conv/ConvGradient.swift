import CKernels

/// dx = Σ dy · w, dw = Σ dy · x, db = Σ dy and dr = dy, over the windows and with dy 0 where y was clamped.
extension Conv: DifferentiableOp {
    private var clamps: Bool { low > -.infinity || high < .infinity }

    private func isDepthwise(_ x: TensorType, _ w: TensorType) -> Bool {
        groups > 1 && groups == x.shape[x.rank - 1] && w.shape[0] == groups
    }

    private func images(_ x: TensorType, _ w: TensorType, _ target: Target) -> ConvImageGradient {
        ConvImageGradient(geometry(x, w), groups: groups, outputs: w.shape[0], target)
    }

    private func weights(_ x: TensorType, _ w: TensorType, _ target: Target) -> ConvWeights {
        ConvWeights(geometry(x, w), groups: groups, outputs: w.shape[0], target)
    }

    /// Winograd for dw; nil where it does not pay.
    private func winogradWeights(_ x: TensorType, _ w: TensorType, _ target: Target) -> ConvWinogradWeights? {
        let g = geometry(x, w)
        if !ConvWinogradWeights.pays(g, groups: groups, outputs: w.shape[0]) { return nil }
        return ConvWinogradWeights(g, outputs: w.shape[0], target)
    }

    private func weightScratchBytes(_ x: TensorType, _ w: TensorType, _ target: Target) -> Int {
        winogradWeights(x, w, target)?.scratchBytes ?? weights(x, w, target).scratchBytes
    }

    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps {
        Keeps(inputs: (wants[1] ? [0] : []) + (wants[0] ? [1] : []), outputs: clamps ? [0] : [])
    }

    public var backwardPackedInputs: [Int] { [1] }

    public var gradientInPlace: Int? { addsResidual ? 3 : nil }

    public func backwardPackedBytes(_ x: [TensorType], wants: [Bool], _ target: Target) -> Int {
        if !wants[0] { return 0 }
        if isDepthwise(x[0], x[1]) { return DepthwiseGradient(geometry(x[0], x[1]), target).packedBytes }
        return images(x[0], x[1], target).packedBytes
    }

    public func backwardScratchBytes(_ x: [TensorType], wants: [Bool], _ target: Target) -> Int {
        if !wants[0] && !wants[1] { return 0 }
        if isDepthwise(x[0], x[1]) { return DepthwiseGradient(geometry(x[0], x[1]), target).scratchBytes }
        return max(
            wants[0] ? target.workers * images(x[0], x[1], target).ownBytes : 0,
            wants[1] ? weightScratchBytes(x[0], x[1], target) : 0)
    }

    public func packBackward(_ frame: BackwardFrame) {
        let (x, w) = (frame.x[0].type, frame.x[1].type)
        let (from, to) = (UnsafePointer(frame.x[1].f32), frame.packed.assumingMemoryBound(to: Float.self))
        if isDepthwise(x, w) {
            DepthwiseGradient(geometry(x, w), frame.target).pack(from, to: to)
        } else {
            images(x, w, frame.target).pack(from, to: to)
        }
    }

    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        let (dy, kernels) = (frame.dy[0].f32, frame.target.kernels)
        maskGradient(frame, low, high, worker)
        if addsResidual, let dr = frame.dx[3] {
            let share = worker.share(of: dr.count, grain: 16)
            let (from, to) = (dy + share.lowerBound, dr.f32 + share.lowerBound)
            if frame.adds[3] {
                var call = kn_add_f32(
                    count: share.count, a: from, b: to, low: -.infinity, high: .infinity, y: to)
                kernels.add(&call)
            } else if from != to {
                to.update(from: from, count: share.count)
            }
        }
        if clamps { worker.barrier() }
        if let dx = frame.dx[0] { images(frame, dy, dx.f32, worker) }
        if let dw = frame.dx[1] {
            // Both use the scratch memory.
            if frame.dx[0] != nil { worker.barrier() }
            weights(frame, dy, dw.f32, worker)
        }
        if frame.dx.count > 2, let db = frame.dx[2] {
            OuterProduct.sumRows(
                dy, points: frame.dy[0].count / db.count, columns: db.count, y: db.f32, adds: frame.adds[2], kernels,
                worker)
        }
    }

    private func images(
        _ frame: BackwardFrame, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>, _ worker: Worker
    ) {
        let (x, w) = (frame.x[0].type, frame.x[1].type)
        let packed = UnsafePointer(frame.packed.assumingMemoryBound(to: Float.self))
        if isDepthwise(x, w) {
            DepthwiseGradient(geometry(x, w), frame.target).images(
                dy, packed: packed, dx: dx, adds: frame.adds[0], scratch: frame.scratch, worker)
        } else {
            let images = images(x, w, frame.target)
            images.compute(
                dy, packed: packed, dx: dx, adds: frame.adds[0], own: frame.scratch + worker.index * images.ownBytes,
                worker)
        }
    }

    private func weights(
        _ frame: BackwardFrame, _ dy: UnsafePointer<Float>, _ dw: UnsafeMutablePointer<Float>, _ worker: Worker
    ) {
        let (x, w) = (frame.x[0].type, frame.x[1].type)
        if isDepthwise(x, w) {
            DepthwiseGradient(geometry(x, w), frame.target).weights(
                frame.x[0].f32, dy, dw: dw, adds: frame.adds[1], scratch: frame.scratch, worker)
        } else if let winograd = winogradWeights(x, w, frame.target) {
            winograd.compute(
                frame.x[0].f32, dy, dw: dw, adds: frame.adds[1], scratch: frame.scratch, worker)
        } else {
            weights(x, w, frame.target).compute(
                frame.x[0].f32, dy, dw: dw, adds: frame.adds[1], scratch: frame.scratch, worker)
        }
    }
}

/// dy[0] = 0 where y[0] was clamped: this worker's share.
func maskGradient(_ frame: BackwardFrame, _ low: Float, _ high: Float, _ worker: Worker) {
    if low == -.infinity && high == .infinity { return }
    let share = worker.share(of: frame.dy[0].count, grain: 16)
    var call = kn_mask_f32(
        count: share.count, y: frame.y[0].f32 + share.lowerBound, low: low, high: high,
        dy: frame.dy[0].f32 + share.lowerBound)
    frame.target.kernels.mask(&call)
}
