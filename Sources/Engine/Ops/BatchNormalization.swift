import CSystem

/// y = clamp((x - mean[c]) / √(variance[c] + epsilon) · scale[c] + bias[c], low, high), with the statistics of training.
/// Inputs: x [N, …, C], then scale, bias, mean, variance [C].
public final class BatchNormalization: Op {
    public let epsilon: Float
    public let low: Float
    public let high: Float

    public init(epsilon: Float = 1e-5, low: Float = -.infinity, high: Float = .infinity) {
        (self.epsilon, self.low, self.high) = (epsilon, low, high)
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
            let (x, y) = (frame.x[0].f32 + row * channels, frame.y[0].f32 + row * channels)
            for c in 0..<channels { y[c] = clamp(x[c] * factor[c] + offset[c], low, high) }
        }
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
        return BatchNormalization(epsilon: try spec.attributes.float("epsilon", 1e-5))
    })
