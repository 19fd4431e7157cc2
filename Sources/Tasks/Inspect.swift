import Engine
import ONNX

/// What is in a model and what it costs.
public struct Inspection: Sendable {
    public struct Layer: Sendable {
        public let name: String
        public let kind: String
        /// Output shape in ONNX's axis order.
        public let shape: [Int]
        public let type: DType
        public let parameters: Int
        public let macs: Int
    }
    public struct Port: Sendable {
        public let name: String
        public let type: String
        /// Sizes, or names of those that are open.
        public let shape: [String]

        public var text: String { "\(name): \(type)[\(shape.joined(separator: ", "))]" }
    }

    public let model: String
    public let opset: Int
    public let producer: String
    public let inputs: [Port]
    public let outputs: [Port]
    public let layers: [Layer]
    public let parameters: Int
    public let parameterBytes: Int
    public let macs: Int
    public let batch: Int
    public let threads: Int
    public let isa: String
    public let arenaBytes: Int
    public let packedBytes: Int
    /// What Arm NN would run, and why nothing if it was asked for.
    public let offloaded: Offloaded?
    public let warning: String?
    /// The steps that run, after optimization: the same fields, one entry per fused operator.
    public let steps: [Layer]
    public let metadata: [(key: String, value: String)]
}

/// Reads and plans a model without running it.
public func inspect(_ options: NetworkOptions) throws(KingletError) -> Inspection {
    try require(
        (1...256).contains(options.threads), .usage, "cannot run \(options.threads) threads: give 1 to 256")
    let model = try readModel(options.model)
    let graph = try model.graph(batch: options.batch ?? 1)
    let placement = try Placement(graph, options)
    let plan = try Plan(placement.graph, target: Target(workers: options.threads))
    let layers = graph.nodes.map { layer($0, graph) }
    let used = Set(graph.nodes.flatMap { $0.inputs }).filter { isWeight(graph.values[$0]) }
    return Inspection(
        model: options.name, opset: model.opset,
        producer: model.producerVersion.isEmpty ? model.producer : model.producer + " " + model.producerVersion,
        inputs: model.inputs.map(port), outputs: model.outputs.map(port), layers: layers,
        parameters: used.reduce(0) { $0 + graph.values[$1].type.count },
        parameterBytes: used.reduce(0) { $0 + graph.values[$1].type.bytes },
        macs: layers.reduce(0) { $0 + $1.macs },
        batch: graph.inputs.first.flatMap { graph.values[$0].type.shape.first } ?? 1, threads: options.threads,
        isa: plan.target.kernels.isa.name, arenaBytes: plan.arenaBytes, packedBytes: plan.packedBytes,
        offloaded: placement.offloaded, warning: placement.warning,
        steps: plan.graph.nodes.map { layer($0, plan.graph) }, metadata: model.metadata.entries)
}

private func isWeight(_ value: Graph.Value) -> Bool { value.constant != nil && value.type.dtype != .i64 }

private func port(_ value: Model.Value) -> Inspection.Port {
    let sizes = (value.shape ?? []).map { dimension in
        switch dimension {
        case .size(let size): String(size)
        case .symbol(let name): name.isEmpty ? "?" : name
        }
    }
    return .init(name: value.name, type: value.dtype?.name ?? "unknown", shape: sizes)
}

private func layer(_ node: Graph.Node, _ graph: Graph) -> Inspection.Layer {
    let output = node.outputs.first.map { graph.values[$0] }
    let weights = node.inputs.map { graph.values[$0] }.filter(isWeight)
    return .init(
        name: node.name, kind: node.kind, shape: output.map { $0.order.restore($0.type.shape) } ?? [],
        type: output?.type.dtype ?? .f32, parameters: weights.reduce(0) { $0 + $1.type.count },
        macs: output.map { macs(node, graph, $0) } ?? 0)
}

/// Multiply-adds of a node; only those of matrix products count.
private func macs(_ node: Graph.Node, _ graph: Graph, _ output: Graph.Value) -> Int {
    guard node.inputs.count > 1 else { return 0 }
    let (x, w, y) = (graph.values[node.inputs[0]].type, graph.values[node.inputs[1]].type, output.type)
    // Convolution weights are stored [O, kH, kW, I]: each output element takes one filter.
    if node.kind.holds("Conv") { return w.shape.first.map { y.count / max($0, 1) * w.count } ?? 0 }
    if node.kind.holds("MatMul") || node.kind.holds("Gemm") { return y.count * (x.shape.last ?? 1) }
    return 0
}

extension Inspection {
    public var json: JSON {
        func json(_ port: Port) -> JSON {
            .object([
                ("name", .string(port.name)), ("type", .string(port.type)),
                ("shape", .array(port.shape.map { size in Int(size).map { .int($0) } ?? .string(size) })),
            ])
        }
        func json(_ layer: Layer) -> JSON {
            .object([
                ("name", .string(layer.name)), ("op", .string(layer.kind)), ("type", .string(layer.type.name)),
                ("shape", .ints(layer.shape)), ("parameters", .int(layer.parameters)), ("macs", .int(layer.macs)),
            ])
        }
        return .object(
            [
                ("model", .string(model)), ("opset", .int(opset)), ("producer", .string(producer)),
                ("inputs", .array(inputs.map(json))), ("outputs", .array(outputs.map(json))),
                ("parameters", .int(parameters)),
                ("parameterBytes", .int(parameterBytes)), ("macs", .int(macs)), ("batch", .int(batch)),
                ("threads", .int(threads)), ("isa", .string(isa)), ("arenaBytes", .int(arenaBytes)),
                ("packedBytes", .int(packedBytes)), ("layers", .array(layers.map(json))),
                ("steps", .array(steps.map(json))),
                ("metadata", .object(metadata.map { ($0.key, .string($0.value)) })),
            ] + (offloaded.map { [("offloaded", $0.json)] } ?? []))
    }
}
