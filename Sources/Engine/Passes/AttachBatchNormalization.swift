/// Conv or Gemm, then BatchNormalization, becomes FoldBatchNorm of the weights, then the product alone: as cheap as
/// `FoldAffine`, but weights and normalisation stay apart, so that each can be trained.
public final class AttachBatchNormalization: Pass {
    public init() {}
    public var name: String { "AttachBatchNormalization" }

    public func apply(_ graph: inout Graph) throws(KingletError) {
        let (readers, isOutput) = (graph.readers(), graph.isOutput())
        var dead = [Bool](repeating: false, count: graph.nodes.count)
        var nodes: [Graph.Node] = []
        for i in graph.nodes.indices where !dead[i] {
            var node = graph.nodes[i]
            if let y = node.outputs.first, readers[y].count == 1, !isOutput[y], let r = readers[y].first,
                let norm = graph.nodes[r].op as? BatchNormalization, graph.nodes[r].inputs[0] == y,
                let part = Part(node, graph), part.channels == graph.values[graph.nodes[r].inputs[1]].type.count
            {
                let name = graph.nodes[r].name
                let inputs = try part.inputs(&graph, name) + graph.nodes[r].inputs[1...]
                let fold = FoldBatchNorm(axis: part.axis, epsilon: norm.epsilon)
                let types = try fold.infer(inputs.map { graph.values[$0].type })
                let w = Graph.Value(name: name + ".weights", type: types[0], order: graph.values[inputs[0]].order)
                let outputs = [graph.add(w), graph.add(Graph.Value(name: name + ".bias", type: types[1]))]
                nodes.append(
                    Graph.Node(name: name, kind: "FoldBatchNorm", op: fold, inputs: inputs, outputs: outputs))
                node.op = part.clamped(norm.low, norm.high)
                node.inputs = [node.inputs[0]] + outputs
                node.outputs = [graph.nodes[r].outputs[0]]
                dead[r] = true
            }
            nodes.append(node)
        }
        graph.nodes = nodes
    }
}

/// A product with constant weights that does no more than multiply and add.
private struct Part {
    let axis: Int
    let channels: Int
    private let weights: Int
    private let bias: Int?
    private let op: any Op

    init?(_ node: Graph.Node, _ graph: Graph) {
        guard node.inputs.count == 2 || node.inputs.count == 3, let w = graph.values[node.inputs[1]].constant,
            w.type.dtype == .f32
        else { return nil }
        bias = node.inputs.count == 3 ? node.inputs[2] : nil
        weights = node.inputs[1]
        op = node.op
        if let conv = op as? Conv {
            guard conv.low == -.infinity, conv.high == .infinity, !conv.addsResidual else { return nil }
            axis = 0
        } else if let gemm = op as? Gemm {
            guard gemm.low == -.infinity, gemm.high == .infinity, gemm.rowBias, gemm.alpha == 1, gemm.beta == 1 else {
                return nil
            }
            axis = gemm.transB ? 0 : 1
        } else {
            return nil
        }
        channels = w.shape[axis]
        if let bias {
            guard let constant = graph.values[bias].constant, constant.shape == [channels] else { return nil }
        }
    }

    /// Weights and bias, which is zeros where there was none.
    func inputs(_ graph: inout Graph, _ name: String) throws(KingletError) -> [Int] {
        if let bias { return [weights, bias] }
        let zeros = try Tensor(zeros: TensorType(.f32, [channels]))
        return [weights, graph.add(Graph.Value(name: name + ".zeros", type: zeros.type, constant: zeros))]
    }

    func clamped(_ low: Float, _ high: Float) -> any Op {
        if let conv = op as? Conv { return Conv(conv.window, groups: conv.groups, low: low, high: high) }
        guard let gemm = op as? Gemm else { return op }
        return Gemm(transA: gemm.transA, transB: gemm.transB, low: low, high: high)
    }
}
