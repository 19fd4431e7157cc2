import CSystem
import Engine
import ONNX

/// How a float model becomes an int8 one.
public struct QuantizeOptions: Sendable {
    public var calibration = Calibration.minMax
    /// One weight scale per output channel, or one per tensor.
    public var perChannel = true
    /// The first or the last weighted layer stays in float.
    public var keepFirst = false
    public var keepLast = false

    public init() {}
}

/// The int8 model and how far its activations are from the float model's.
public struct Quantized: Sendable {
    public internal(set) var model: Model
    public struct Layer: Sendable {
        public let name: String
        /// Signal-to-noise ratio in dB: 10 · log10(Σ x² / Σ (x - x̂)²), over the calibration images.
        public let decibels: Double
    }
    /// Worst first.
    public let layers: [Layer]
}

/// Calibration images: `load(i, view)` writes image `i` into the model's input.
public struct CalibrationSet {
    public let count: Int
    public let load: (Int, Input) throws(KingletError) -> Void

    /// Where an image goes: the input's memory and the axis order in which it wants it.
    public struct Input {
        public let view: TensorView
        public let order: AxisOrder

        public init(view: TensorView, order: AxisOrder) { (self.view, self.order) = (view, order) }
    }

    public init(count: Int, load: @escaping (Int, Input) throws(KingletError) -> Void) {
        (self.count, self.load) = (count, load)
    }
}

/// `model` with int8 activations and weights in QDQ form (post-training static quantization, after Jacob et al. 2018).
public func quantize(
    _ model: Model, on images: CalibrationSet, _ options: QuantizeOptions
) throws(KingletError) -> Quantized {
    try require(images.count > 0, .usage, "no images to calibrate with")
    for node in model.nodes where node.op == "QuantizeLinear" {
        throw KingletError(.usage, "the model is quantized already: it has a QuantizeLinear").at(node.label)
    }
    try require(
        model.inputs.count == 1, .unsupported,
        "quantize needs a model with one input, this one has \(model.inputs.count)")
    let simple = try model.atLeastOpset13().simplified()
    let plan = try QuantizePlan(simple, keepFirst: options.keepFirst, keepLast: options.keepLast)
    try require(
        !plan.nodes.isEmpty, .unsupported,
        "nothing in the model can be quantized: it has no Conv, Gemm or MatMul with constant weights")

    let float = try Trace(simple)
    var seen: [String: Observation] = [:]
    for name in plan.activations { seen[name] = Observation() }
    for i in 0..<images.count {
        try float.run(i, of: images) { name, values in seen[name]?.extend(values) }
    }
    if options.calibration != .minMax {
        for i in 0..<images.count {
            try float.run(i, of: images) { name, values in seen[name]?.count(values) }
        }
    }
    var scales: [String: Affine] = [:]
    for name in plan.activations {
        var source = name
        while let x = plan.sameScale[source] { source = x }
        if let observation = seen[source] { scales[name] = Affine(covering: observation.range(options.calibration)) }
    }
    var quantizer = Quantizer(simple, plan, scales: scales, perChannel: options.perChannel)
    let quantized = try quantizer.quantized()
    return Quantized(model: quantized, layers: try noise(float, quantized, plan.activations, images))
}

/// The error of every quantized activation, over at most 32 images.
private func noise(
    _ float: Trace, _ quantized: Model, _ activations: [String], _ images: CalibrationSet
) throws(KingletError) -> [Quantized.Layer] {
    let integer = try Trace(quantized)
    let wanted = Set(activations)
    // What stands in the int8 model for an activation of the float one.
    let outputs = Set(quantized.outputs.map { $0.name })
    var results: [String: String] = [:]
    for name in activations {
        let result = outputs.contains(name) ? name : name + "_dequantized"
        if results[result] == nil { results[result] = name }
    }
    var (signal, error): ([String: Double], [String: Double]) = ([:], [:])
    for i in 0..<min(images.count, 32) {
        var clean: [String: [Float]] = [:]
        try float.run(i, of: images) { name, values in if wanted.contains(name) { clean[name] = Array(values) } }
        try integer.run(i, of: images) { name, values in
            let source = results[name] ?? ""
            guard let x = clean[source], x.count == values.count else { return }
            for k in x.indices {
                signal[source, default: 0] += Double(x[k]) * Double(x[k])
                error[source, default: 0] += Double(x[k] - values[k]) * Double(x[k] - values[k])
            }
        }
    }
    return signal.map { name, power in
        Quantized.Layer(
            name: name, decibels: 10 * ks_log(power / max(error[name] ?? 0, power * 1e-12, 1e-300)) / ks_log(10))
    }.sorted { ($0.decibels, $0.name) < ($1.decibels, $1.name) }
}

/// Runs a model operator by operator, as it stands in its file, and shows every float value on the way.
private final class Trace {
    private let graph: Graph
    private let session: Session

    init(_ model: Model) throws(KingletError) {
        graph = try model.graph()
        session = try Session(Plan(graph), threads: ThreadPool(1))
    }

    func run(
        _ image: Int, of images: CalibrationSet, _ show: (String, UnsafeBufferPointer<Float>) -> Void
    ) throws(KingletError) {
        let v = graph.inputs[0]
        try images.load(image, CalibrationSet.Input(view: session.inputs[0], order: graph.values[v].order))
        func hand(_ v: Int, _ view: TensorView) {
            guard view.type.dtype == .f32 else { return }
            show(graph.values[v].name, UnsafeBufferPointer(start: view.f32, count: view.count))
        }
        hand(v, session.inputs[0])
        session.trace { node, frame in
            for (v, y) in zip(graph.nodes[node].outputs, frame.y) { hand(v, y) }
        }
    }
}
