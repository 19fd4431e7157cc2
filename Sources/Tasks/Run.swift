import CSystem
import Engine
import ONNX

/// A tensor of a run: its name in the model and its file.
public struct NamedFile: Sendable {
    /// Nil stands for the model's only input or output.
    public let name: String?
    public let path: String

    /// `file.npy` or `name=file.npy`.
    public init(_ text: String) {
        if let equals = text.lastIndex(of: "="), equals != text.startIndex {
            name = String(text[..<equals])
            path = String(text[text.index(after: equals)...])
        } else {
            name = nil
            path = text
        }
    }
}

/// What a run gave.
public struct RunReport: Sendable {
    public struct Output: Sendable {
        public let name: String
        public let type: TensorType
        /// Nil if it was not asked for.
        public let path: String?
        public let low: Float
        public let high: Float
    }
    public let model: String
    public let outputs: [Output]
    /// What the user should know about how it ran.
    public let notes: [String]
    /// Nanoseconds: reading and planning, computing.
    public let load: UInt64
    public let inference: UInt64

    public var json: JSON {
        .object([
            ("model", .string(model)),
            (
                "outputs",
                .array(
                    outputs.map { output in
                        .object([
                            ("name", .string(output.name)), ("type", .string(output.type.dtype.name)),
                            ("shape", .ints(output.type.shape)), ("file", output.path.map { .string($0) } ?? .null),
                            ("min", .float(output.low)), ("max", .float(output.high)),
                        ])
                    })
            ),
            ("ms", .object([("load", .ms(load)), ("inference", .ms(inference))])),
        ])
    }
}

/// Feeds tensors from files to a model and writes what comes out.
public func run(_ options: NetworkOptions, inputs: [NamedFile], outputs: [NamedFile]) throws(KingletError) -> RunReport
{
    let start = ks_now()
    let model = try readModel(options.model)
    let wanted = model.inputs.map { $0.name }
    let offered = model.outputs.map { $0.name }
    var tensors: [String: Tensor] = [:]
    for input in inputs {
        let name = try find(input, wanted, "input")
        try require(tensors[name] == nil, .usage, "input '\(name)' is given twice")
        tensors[name] = try Npy.read(input.path)
    }
    let missing = wanted.filter { tensors[$0] == nil }
    try require(
        missing.isEmpty, .usage, "no file for input \(list(missing)): give --input name=file.npy")
    var files: [String: String] = [:]
    for output in outputs { files[try find(output, offered, "output")] = output.path }

    let network = try Network(options, model, shapes: tensors.mapValues { $0.shape })
    let graph = network.graph
    for (view, v) in zip(network.session.inputs, graph.inputs) {
        let value = graph.values[v]
        guard let tensor = tensors[value.name] else { continue }
        let type = TensorType(value.type.dtype, value.order.restore(value.type.shape))
        try require(
            tensor.type == type, .shape,
            "input '\(value.name)' is \(type.description), the file holds \(tensor.type.description)")
        reorder(tensor.base, view.base, onnx: type.shape, bytes: type.dtype.bytes, order: value.order, into: true)
    }
    let loaded = ks_now()
    try network.run()
    let done = ks_now()

    var results: [RunReport.Output] = []
    for (view, v) in zip(network.session.outputs, graph.outputs) {
        let value = graph.values[v]
        let type = TensorType(value.type.dtype, value.order.restore(value.type.shape))
        let tensor = try Tensor(zeros: type)
        reorder(view.base, tensor.base, onnx: type.shape, bytes: type.dtype.bytes, order: value.order, into: false)
        if let path = files[value.name] { try Npy.write(type, tensor.base, to: path) }
        var (low, high) = (Float.infinity, -Float.infinity)
        for i in 0..<tensor.count {
            let x = tensor.float(i)
            low = min(low, x)
            high = max(high, x)
        }
        results.append(.init(name: value.name, type: type, path: files[value.name], low: low, high: high))
    }
    return RunReport(
        model: network.name, outputs: results, notes: network.placement.warning.map { [$0] } ?? [],
        load: loaded - start, inference: done - loaded)
}

private func list(_ names: [String]) -> String { names.map { "'\($0)'" }.joined(separator: ", ") }

private func find(_ file: NamedFile, _ names: [String], _ kind: String) throws(KingletError) -> String {
    if let name = file.name {
        if names.contains(name) { return name }
        throw KingletError(.usage, "no \(kind) '\(name)': the model has \(list(names))")
    }
    try require(
        names.count == 1, .usage,
        "the model has \(names.count) \(kind)s, \(list(names)): say which as name=\(file.path)")
    return names[0]
}
