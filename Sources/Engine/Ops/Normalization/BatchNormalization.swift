import CSystem

/// y = clamp((x - mean[c]) / √(variance[c] + epsilon) · scale[c] + bias[c], low, high), with the statistics of training.
/// Inputs: x [N, …, C], then scale, bias, mean, variance [C].
public final class BatchNormalization: Op {
    public let epsilon: Float
    /// What training with batch statistics keeps of the running ones at each step.
    public let momentum: Float
    public let low: Float
    public let high: Float

    public init(
        epsilon: Float = 1e-5, momentum: Float = 0.9, low: Float = -.infinity, high: Float = .infinity
    ) {
        (self.epsilon, self.momentum, self.low, self.high) = (epsilon, momentum, low, high)
    }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try require(x.count == 5, .shape, "BatchNormalization takes 5 inputs, got \(x.count)")
        for t in x {
            try require(t.dtype == .f32, .unsupported, "BatchNormalization of \(t.dtype.name), wanted float32")
        }
        try require(x[0].rank >= 2, .unsupported, "BatchNormalization of \(x[0].description)")
        let channels = x[0].shape[x[0].rank - 1]
        for t in x.dropFirst() {
            try require(
                t.shape == [channels], .shape, "BatchNormalization of \(x[0].description) with \(t.description)")
        }
        return [x[0]]
    }

    /// The factor and the offset of each channel: y = factor · x + offset.
    static func line(scale: Float, bias: Float, mean: Float, variance: Float, epsilon: Float) -> (Float, Float) {
        let factor = Double(scale) / ks_sqrt(Double(variance) + Double(epsilon))
        return (Float(factor), Float(Double(bias) - Double(mean) * factor))
    }

    public var packedInputs: [Int] { [1, 2, 3, 4] }
    public func packedBytes(_ x: [TensorType], _ target: Target) -> Int { 8 * x[1].count }

    public func pack(_ frame: Frame) {
        let (channels, to) = (frame.x[1].count, frame.packed.assumingMemoryBound(to: Float.self))
        for c in 0..<channels {
            (to[c], to[channels + c]) = BatchNormalization.line(
                scale: frame.x[1].f32[c], bias: frame.x[2].f32[c], mean: frame.x[3].f32[c],
                variance: frame.x[4].f32[c], epsilon: epsilon)
        }
    }

    public var inPlace: Bool { true }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let channels = frame.x[1].count
        if channels == 0 { return }
        let factor = frame.packed.assumingMemoryBound(to: Float.self)
        let offset = factor + channels
        for row in worker.share(of: frame.x[0].count / channels) {
            BatchNormalization.row(
                frame.x[0].f32 + row * channels, factor, offset, frame.y[0].f32 + row * channels, channels, low, high)
        }
    }

    /// y[c] = clamp(factor[c] · x[c] + offset[c], low, high). x and y may be the same.
    static func row(
        _ x: UnsafePointer<Float>, _ factor: UnsafePointer<Float>, _ offset: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ channels: Int, _ low: Float, _ high: Float
    ) {
        let (low, high) = (F8(repeating: low), F8(repeating: high))
        for c in stride(from: 0, to: channels, by: 8) {
            let v = clamp(load(x + c) * load(factor + c) + load(offset + c), low, high)
            if c + 8 <= channels { store(v, y + c) } else { store(v, y + c, first: channels - c) }
        }
    }
}

extension BatchNormalization: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public var gradientInPlace: Int? { 0 }

    private var clamps: Bool { low > -.infinity || high < .infinity }

    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps {
        guard wants.contains(true) else { return Keeps() }
        return Keeps(inputs: wants[1] || wants[4] ? [0, 1, 3, 4] : [1, 3, 4], outputs: clamps ? [0] : [])
    }

    /// Σ dy, then Σ dy · (x - mean), then the factors, per channel.
    public func backwardScratchBytes(_ x: [TensorType], wants: [Bool], _ target: Target) -> Int {
        3 * (4 * x[1].count + Storage.slack)
    }

    /// dx = factor · dy, dscale = Σ dy · (x - mean) / √(variance + ε), dbias = Σ dy, dmean = -factor · Σ dy,
    /// dvariance = -scale / 2 · Σ dy · (x - mean) / √(variance + ε)³.
    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        let (dy, channels) = (frame.dy[0], frame.x[1].count)
        let sums = ChannelSums(dy, worker)
        let total = frame.scratch.assumingMemoryBound(to: Float.self)
        let product = total + channels + Storage.slack / 4
        let factor = product + channels + Storage.slack / 4
        if clamps {
            maskGradient(frame, low, high, worker)
            worker.barrier()
        }
        let learns = frame.dx[1] != nil || frame.dx[4] != nil
        if learns || frame.dx[2] != nil || frame.dx[3] != nil {
            let x = learns ? frame.x[0].f32 : dy.f32
            sums.gradients(dy.f32, x, frame.x[3].f32, total, product)
        }
        for c in sums.share { parameters(frame, c, total[c], product[c], factor) }
        worker.barrier()
        guard let dx = frame.dx[0] else { return }
        for row in worker.share(of: sums.rows) {
            scaleRow(dy.f32 + row * channels, by: factor, dx.f32 + row * channels, channels, adds: frame.adds[0])
        }
    }

    private func parameters(
        _ frame: BackwardFrame, _ c: Int, _ total: Float, _ product: Float, _ factor: UnsafeMutablePointer<Float>
    ) {
        let deviation = ks_sqrt(Double(frame.x[4].f32[c]) + Double(epsilon))
        let scale = Double(frame.x[1].f32[c])
        factor[c] = Float(scale / deviation)
        func put(_ k: Int, _ v: Float) {
            guard let dx = frame.dx[k] else { return }
            dx.f32[c] = frame.adds[k] ? dx.f32[c] + v : v
        }
        put(1, Float(Double(product) / deviation))
        put(2, total)
        put(3, -factor[c] * total)
        put(4, Float(-scale / 2 * Double(product) / (deviation * deviation * deviation)))
    }
}

/// y[i] = factor[i] · x[i], or added to y[i]; i < n. x and y may be the same.
func scaleRow(
    _ x: UnsafePointer<Float>, by factor: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int, adds: Bool
) {
    var i = 0
    while i < n {
        let v = load(x + i) * load(factor + i)
        let sum = adds ? load(y + i) + v : v
        if i + 8 <= n { store(sum, y + i) } else { store(sum, y + i, first: n - i) }
        i += 8
    }
}

let batchNormalizationEntry = OpEntry(
    ["BatchNormalization"], attributes: ["epsilon", "momentum", "training_mode", "spatial"],
    layout: .channelsLast([0]),
    cases: [[2, 3, 4, 21], [2, 5, 3], [4, 7]].map { (shape: [Int]) in
        let channels = shape[shape.count - 1]
        return OpCase(
            shapeText(shape),
            [TensorType(.f32, shape)] + [[Int]](repeating: [channels], count: 4).map { TensorType(.f32, $0) },
            constants: [4: (0..<channels).map { 0.1 + Float($0) }], ["epsilon": .float(1e-3)])
    },
    make: { spec throws(KingletError) in
        try require(
            try spec.attributes.int("training_mode", 0) == 0 && spec.outputCount == 1, .unsupported,
            "BatchNormalization in training mode")
        try require(try spec.attributes.int("spatial", 1) == 1, .unsupported, "BatchNormalization per position")
        return BatchNormalization(
            epsilon: try spec.attributes.float("epsilon", 1e-5), momentum: try spec.attributes.float("momentum", 0.9))
    })
