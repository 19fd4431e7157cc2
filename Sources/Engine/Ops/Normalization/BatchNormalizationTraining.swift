import CSystem

/// y = clamp((x - mean[c]) / √(variance[c] + ε) · scale[c] + shift[c], low, high) with the statistics of this batch.
/// Inputs: x [N, …, C], scale, shift [C]. Outputs: y, then mean and variance [C] (Σ (x - mean)² / count), which carry no
/// gradient of their own.
public final class BatchNormalizationTraining: Op {
    public let epsilon: Float
    public let low: Float
    public let high: Float

    public init(epsilon: Float, low: Float = -.infinity, high: Float = .infinity) {
        (self.epsilon, self.low, self.high) = (epsilon, low, high)
    }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 3...3, "BatchNormalizationTraining")
        for t in x { try checkType(t, [.f32], "BatchNormalizationTraining") }
        try require(x[0].rank >= 2 && x[0].count > 0, .shape, "BatchNormalizationTraining of \(x[0].description)")
        for t in x.dropFirst() {
            try require(
                t.shape == [x[0].shape[x[0].rank - 1]], .shape,
                "BatchNormalizationTraining of \(x[0].description) with \(t.description)")
        }
        return [x[0], x[1], x[1]]
    }

    private static func floats(_ channels: Int) -> Int { channels + Storage.slack / 4 }

    /// Factor and offset of each channel.
    public func scratchBytes(_ x: [TensorType], _ target: Target) -> Int {
        8 * BatchNormalizationTraining.floats(x[1].count)
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (channels, mean, variance) = (frame.x[1].count, frame.y[1].f32, frame.y[2].f32)
        let sums = ChannelSums(frame.x[0], worker)
        let factor = frame.scratch.assumingMemoryBound(to: Float.self)
        let offset = factor + BatchNormalizationTraining.floats(channels)
        sums.moments(frame.x[0].f32, mean, variance)
        for c in sums.share {
            (factor[c], offset[c]) = BatchNormalization.line(
                scale: frame.x[1].f32[c], bias: frame.x[2].f32[c], mean: mean[c], variance: variance[c],
                epsilon: epsilon)
        }
        worker.barrier()
        for row in worker.share(of: sums.rows) {
            BatchNormalization.row(
                frame.x[0].f32 + row * channels, factor, offset, frame.y[0].f32 + row * channels, channels, low, high)
        }
    }
}

extension BatchNormalizationTraining: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public var gradientInPlace: Int? { 0 }

    private var clamps: Bool { low > -.infinity || high < .infinity }

    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps {
        wants.contains(true) ? Keeps(inputs: [0, 1], outputs: clamps ? [0, 1, 2] : [1, 2]) : Keeps()
    }

    /// Σ dy, then Σ dy · (x - mean), then the three numbers from which dx follows, per channel.
    public func backwardScratchBytes(_ x: [TensorType], wants: [Bool], _ target: Target) -> Int {
        4 * 5 * BatchNormalizationTraining.floats(x[1].count)
    }

    /// With n values a channel, i = 1 / √(variance + ε), a = Σ dy, b = Σ dy · (x - mean): dshift = a, dscale = i · b,
    /// dx = scale · i · (dy - a / n - (x - mean) · i² · b / n).
    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        let (dy, x, mean, channels) = (frame.dy[0], frame.x[0].f32, frame.y[1].f32, frame.x[1].count)
        let (sums, room) = (ChannelSums(dy, worker), BatchNormalizationTraining.floats(channels))
        let a = frame.scratch.assumingMemoryBound(to: Float.self)
        let (b, factor, slope, offset) = (a + room, a + 2 * room, a + 3 * room, a + 4 * room)
        if clamps {
            maskGradient(frame, low, high, worker)
            worker.barrier()
        }
        sums.gradients(dy.f32, x, mean, a, b)
        let n = Double(sums.rows)
        for c in sums.share {
            let inverse = 1 / ks_sqrt(Double(frame.y[2].f32[c]) + Double(epsilon))
            let f = Double(frame.x[1].f32[c]) * inverse
            if let dx = frame.dx[1]?.f32 { dx[c] = (frame.adds[1] ? dx[c] : 0) + Float(Double(b[c]) * inverse) }
            if let dx = frame.dx[2]?.f32 { dx[c] = (frame.adds[2] ? dx[c] : 0) + a[c] }
            factor[c] = Float(f)
            slope[c] = Float(-f * inverse * inverse * Double(b[c]) / n)
            offset[c] = Float(-f * Double(a[c]) / n)
        }
        worker.barrier()
        guard let dx = frame.dx[0]?.f32 else { return }
        for r in worker.share(of: sums.rows) {
            let (g, x, dx) = (dy.f32 + r * channels, x + r * channels, dx + r * channels)
            for c in stride(from: 0, to: channels, by: 8) {
                let centered = load(x + c) - load(mean + c)
                var v = load(g + c) * load(factor + c) + (centered * load(slope + c) + load(offset + c))
                if frame.adds[0] { v += load(dx + c) }
                if c + 8 <= channels { store(v, dx + c) } else { store(v, dx + c, first: channels - c) }
            }
        }
    }
}
