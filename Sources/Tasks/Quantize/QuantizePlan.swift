import Engine
import ONNX

/// Which nodes of a float model become integer ones, and which activations are quantized for them.
struct QuantizePlan {
    /// Nodes, by index, that get quantized inputs and outputs.
    private(set) var nodes: Set<Int> = []
    /// A Relu or Clip that the range of the output before it takes over: its node, by the node that it follows.
    private(set) var absorbed: [Int: Int] = [:]
    /// Activations to quantize, in the order in which they are computed.
    private(set) var activations: [String] = []
    /// Activations whose scale is that of another one, since their node only moves values.
    private(set) var sameScale: [String: String] = [:]

    static let weighted: Set<String> = ["Conv", "Gemm", "MatMul"]
    private static let computing: Set<String> = ["Add", "Concat", "AveragePool", "GlobalAveragePool"]
    private static let moving: Set<String> = [
        "MaxPool", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Slice", "Split", "Dropout", "Identity",
    ]

    /// `keepFirst` and `keepLast` leave the first and the last weighted node in float.
    init(_ model: Model, keepFirst: Bool, keepLast: Bool) throws(KingletError) {
        let (weights, readers) = (model.weights, model.readers)
        let weighted = model.nodes.indices.filter { QuantizePlan.isWeighted(model.nodes[$0], weights) }
        var kept: Set<Int> = []
        if keepFirst, let first = weighted.first { kept.insert(first) }
        if keepLast, let last = weighted.last { kept.insert(last) }
        var quantized: Set<String> = []
        func note(_ name: String) {
            if quantized.insert(name).inserted { activations.append(name) }
        }
        for (i, node) in model.nodes.enumerated() where !kept.contains(i) && node.domain.isEmpty {
            if QuantizePlan.moving.contains(node.op) {
                guard let x = node.inputs.first, quantized.contains(x) else { continue }
                nodes.insert(i)
                for y in node.outputs.prefix(node.op == "Split" ? node.outputs.count : 1) {
                    sameScale[y] = x
                    note(y)
                }
                continue
            }
            guard QuantizePlan.computing.contains(node.op) || weighted.contains(i), let output = node.outputs.first
            else {
                continue
            }
            nodes.insert(i)
            for x in node.inputs.prefix(weighted.contains(i) ? 1 : node.inputs.count) where weights[x] == nil {
                note(x)
            }
            if readers[output] == 1, let next = model.nodes.firstIndex(where: { $0.inputs.first == output }),
                QuantizePlan.clampsAtZero(model.nodes[next], weights)
            {
                absorbed[i] = next
                note(model.nodes[next].outputs[0])
            } else {
                note(output)
            }
        }
    }

    private static func isWeighted(_ node: Model.Node, _ weights: [String: Tensor]) -> Bool {
        guard weighted.contains(node.op), node.domain.isEmpty, node.inputs.count >= 2, let w = weights[node.inputs[1]],
            w.type.dtype == .f32
        else { return false }
        if node.op == "MatMul" { return w.shape.count == 2 }
        guard node.op == "Gemm" else { return node.inputs.count < 3 || weights[node.inputs[2]] != nil }
        let plain = (try? node.attributes.float("alpha", 1)) == 1 && (try? node.attributes.float("beta", 1)) == 1
        let untransposed = (try? node.attributes.int("transA", 0)) == 0
        guard plain, untransposed else { return false }
        guard node.inputs.count > 2 else { return true }
        let outputs = w.shape[(try? node.attributes.int("transB", 0)) == 0 ? 1 : 0]
        return weights[node.inputs[2]].map { $0.shape == [outputs] } ?? false
    }

    /// Relu, or a Clip from 0: saturation does the same once the range begins at 0.
    private static func clampsAtZero(_ node: Model.Node, _ weights: [String: Tensor]) -> Bool {
        guard node.domain.isEmpty else { return false }
        if node.op == "Relu" { return true }
        guard node.op == "Clip" else { return false }
        if node.inputs.count > 1, let low = weights[node.inputs[1]] { return low.count == 1 && low.float(0) == 0 }
        return (try? node.attributes.float("min", -1)) == 0
    }
}
