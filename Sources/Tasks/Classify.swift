import CSystem
import Engine
import ONNX
import Vision

/// What a model says about one picture.
public struct Classification: Sendable {
    public struct Prediction: Sendable {
        public let index: Int
        public let label: String
        public let probability: Float
    }
    /// Of the picture as shown.
    public let width: Int
    public let height: Int
    /// The likeliest classes, best first.
    public let predictions: [Prediction]
    /// Nanoseconds.
    public let decode: UInt64
    public let preprocess: UInt64
    public let inference: UInt64
    /// What was wrong with a file that could be decoded all the same.
    public let warning: String?
}

/// A model with everything it takes to name what a JPEG shows.
public final class Classifier {
    private let network: Network
    private let preprocess: Preprocess
    private let layout: Layout
    private let labels: [String]?
    private let softmax: Bool
    private let top: Int
    private var limits = JPEG.Limits()
    private let files = FileBuffer()
    /// What the user should know about how the model is used.
    public private(set) var notes: [String] = []

    public init(_ options: NetworkOptions, _ settings: ImageSettings, top: Int) throws(KingletError) {
        try require(top >= 1, .usage, "--top \(top): give 1 or more")
        let model = try readModel(options.model)
        preprocess = try settings.preprocess(model)
        labels = settings.labels(model, options.model)
        softmax = !endsInProbabilities(model)
        self.top = top
        if settings[Preprocess.Key.mean] == nil, model.metadata[Preprocess.Key.mean] == nil,
            model.inputs.first?.dtype == .f32
        {
            notes.append(
                "the model does not say how it wants its pixels: taking them as 0 … 255 "
                    + "(--mean and --std, or 'kinglet import', tell)")
        }
        try require(
            model.inputs.count == 1, .unsupported,
            "the model has \(model.inputs.count) inputs, a classifier has one picture")
        network = try Network(options, model, shapes: openSizes(model.inputs[0], preprocess.size))
        if let warning = network.placement.warning { notes.append(warning) }
        let input = network.graph.values[network.graph.inputs[0]]
        layout = try Layout(input.type, input.order)
        do { try preprocess.check(layout) } catch { throw error.at(network.name) }
        if let labels, labels.count != classes {
            notes.append("\(labels.count) labels for \(classes) outputs")
        }
        if let limit = options.memory {
            limits.bytes = max(1 << 20, limit - Int(ks_peak_bytes()) - network.plan.arenaBytes)
        }
    }

    private var classes: Int { network.session.outputs[0].count / max(layout.batch, 1) }

    /// Classifies the JPEG in `path`, or on standard input for `-`.
    public func classify(_ path: String) throws(KingletError) -> Classification {
        let start = ks_now()
        if path != "-" { return try classify(.jpeg(try files.readInput(path)), since: start) }
        let input = try readInput(path)
        return try classify(.jpeg(UnsafeRawBufferPointer(start: input.base, count: input.bytes)), since: start)
    }

    /// Classifies a frame of a camera or stream.
    public func classify(_ frame: VideoFrame) throws(KingletError) -> Classification {
        try classify(frame.content, since: ks_now())
    }

    /// Whether pictures of `size` are large enough for this model.
    public func isEnough(_ size: Size) -> Bool { preprocess.isEnough(size, for: layout) }

    private func classify(_ content: VideoFrame.Content, since start: UInt64) throws(KingletError) -> Classification {
        let picture: Picture
        switch content {
        case .jpeg(let bytes): picture = try preprocess.decode(bytes, for: layout, limits: limits)
        case .raw(let raw): picture = try preprocess.picture(try raw.image(), for: layout)
        case .damaged(let error): throw error
        }
        let decoded = ks_now()
        try preprocess.write(picture, to: network.session.inputs[0], layout)
        let written = ks_now()
        try network.run()
        let done = ks_now()
        return Classification(
            width: picture.size.width, height: picture.size.height, predictions: predictions(),
            decode: decoded - start, preprocess: written - decoded, inference: done - written, warning: picture.warning)
    }

    private func predictions() -> [Classification.Prediction] {
        let y = network.session.outputs[0]
        let scores = (0..<classes).map { score(y, $0) }
        let total = softmax ? normalizer(scores) : 0
        return best(scores).map { i in
            .init(
                index: i, label: labels.flatMap { i < $0.count ? $0[i] : nil } ?? String(i),
                probability: softmax ? Float(ks_exp(Double(scores[i]) - total)) : scores[i])
        }
    }

    /// The `top` highest in falling order, of equal ones the first.
    private func best(_ scores: [Float]) -> [Int] {
        var best: [Int] = []
        for (i, score) in scores.enumerated() {
            if best.count == top {
                if score <= scores[best[top - 1]] { continue }
                best.removeLast()
            }
            best.insert(i, at: best.firstIndex { scores[$0] < score } ?? best.count)
        }
        return best
    }

    /// log Σ exp(x)
    private func normalizer(_ x: [Float]) -> Double {
        let high = Double(x.max() ?? 0)
        return high + ks_log(x.reduce(0) { $0 + ks_exp(Double($1) - high) })
    }

    private func score(_ y: TensorView, _ i: Int) -> Float {
        switch y.type.dtype {
        case .f32: y.f32[i].isNaN ? -.infinity : y.f32[i]
        // A quantized Softmax: 0 … 1 in 255 or 256 steps.
        case .u8: Float(y.u8[i]) / 255
        case .i8: softmax ? Float(y.i8[i]) : (Float(y.i8[i]) + 128) / 255
        case .i32: Float(y.i32[i])
        case .i64: Float(y.i64[i])
        case .bool: Float(y.u8[i])
        case .f64: Float(y.base.load(fromByteOffset: i * 8, as: Double.self))
        }
    }
}

/// Whether the first output comes from a Softmax or Sigmoid, seen through what only moves or rescales values.
private func endsInProbabilities(_ model: Model) -> Bool {
    var name = model.outputs.first?.name ?? ""
    for node in model.nodes.reversed() where node.outputs.contains(name) {
        switch node.op {
        case "Softmax", "Sigmoid": return true
        case "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "QuantizeLinear", "DequantizeLinear", "Cast",
            "Transpose":
            name = node.inputs.first ?? ""
        default: return false
        }
    }
    return false
}

/// The whole shape of an input whose height and width the file leaves open, filled from `size`.
private func openSizes(_ input: Model.Value, _ size: Size?) -> [String: [Int]] {
    guard let size, let shape = input.shape, shape.count == 4 else { return [:] }
    func open(_ d: Model.Dimension) -> Bool { if case .symbol = d { true } else { false } }
    func colour(_ d: Model.Dimension) -> Bool { d == .size(1) || d == .size(3) }
    let (h, w) = colour(shape[1]) ? (2, 3) : (1, 2)
    guard open(shape[h]) || open(shape[w]) else { return [:] }
    var sizes = shape.map { d in if case .size(let n) = d { n } else { 1 } }
    if open(shape[h]) { sizes[h] = size.height }
    if open(shape[w]) { sizes[w] = size.width }
    return [input.name: sizes]
}
