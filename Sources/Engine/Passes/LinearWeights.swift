/// The constant weights and bias of a Conv, Gemm or MatMul while something is folded into them.
struct LinearWeights {
    /// What the weights are multiplied by and the bias becomes, per output channel.
    private var factor: [Float]
    private var bias: [Float]
    var channels: Int { bias.count }
    /// Weight j belongs to channel j / inner % channels.
    private let inner: Int
    private let weights: Tensor
    private let op: any Op

    /// nil if `node` is something else, has computed weights or does more than multiply and add.
    init?(_ node: Graph.Node, _ graph: Graph) {
        guard node.inputs.count >= 2, node.inputs.count <= 3,
            let w = graph.values[node.inputs[1]].constant, w.type.dtype == .f32
        else { return nil }
        let added = node.inputs.count > 2 ? graph.values[node.inputs[2]].constant : nil
        if node.inputs.count > 2 && added == nil { return nil }
        let channels: Int
        var beta: Float = 1
        if let conv = node.op as? Conv {
            guard conv.low == -.infinity, conv.high == .infinity, !conv.addsResidual else { return nil }
            channels = w.shape[0]
            inner = w.count / max(channels, 1)
            op = conv
        } else if let gemm = node.op as? Gemm {
            guard gemm.low == -.infinity, gemm.high == .infinity, gemm.rowBias else { return nil }
            channels = w.shape[gemm.transB ? 0 : 1]
            inner = gemm.transB ? w.shape[1] : 1
            beta = gemm.beta
            op = Gemm(alpha: gemm.alpha, beta: 1, transA: gemm.transA, transB: gemm.transB)
        } else if let product = node.op as? MatMul {
            guard product.low == -.infinity, product.high == .infinity, w.shape.count == 2 else { return nil }
            channels = w.shape[1]
            inner = 1
            op = product
        } else {
            return nil
        }
        guard channels > 0, added == nil || added?.count == channels || added?.count == 1 else { return nil }
        weights = w
        factor = [Float](repeating: 1, count: channels)
        bias = [Float](repeating: 0, count: channels)
        if let added { for c in 0..<channels { bias[c] = beta * added.float(added.count == 1 ? 0 : c) } }
    }

    mutating func fold(_ line: ChannelLine) {
        for c in factor.indices {
            factor[c] *= line.factor[c]
            bias[c] = bias[c] * line.factor[c] + line.offset[c]
        }
    }

    /// Gives `node` its new weights. The old ones stay with whoever else reads them.
    func store(_ graph: inout Graph, node: Int) throws(KingletError) {
        let name = graph.nodes[node].name
        var w = graph.nodes[node].inputs[1]
        if factor.contains(where: { $0 != 1 }) {
            let scaled = try Tensor(zeros: weights.type)
            let to = scaled.base.assumingMemoryBound(to: Float.self)
            for j in 0..<weights.count { to[j] = weights.float(j) * factor[j / inner % channels] }
            w = graph.add(
                Graph.Value(name: name + ".weights", type: weights.type, order: graph.values[w].order, constant: scaled)
            )
        }
        let tensor = try Tensor(bias, shape: [channels])
        let b = graph.add(Graph.Value(name: name + ".bias", type: tensor.type, constant: tensor))
        graph.nodes[node].op = op
        graph.nodes[node].inputs = [graph.nodes[node].inputs[0], w, b]
    }
}
