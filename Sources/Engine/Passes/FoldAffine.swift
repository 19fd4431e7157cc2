/// Conv, Gemm or MatMul, then BatchNormalization or a constant factor or addend per channel, in one:
/// factor · (w · x + b) + offset = (factor · w) · x + (factor · b + offset).
public final class FoldAffine: Pass {
    public init() {}
    public var name: String { "FoldAffine" }

    public func apply(_ graph: inout Graph) throws(KingletError) {
        let (readers, isOutput) = (graph.readers(), graph.isOutput())
        var dead = [Bool](repeating: false, count: graph.nodes.count)
        for i in graph.nodes.indices where !dead[i] {
            guard var weights = LinearWeights(graph.nodes[i], graph) else { continue }
            var folded = false
            while true {
                let y = graph.nodes[i].outputs[0]
                guard readers[y].count == 1, !isOutput[y], let r = readers[y].first,
                    let line = ChannelLine(graph.nodes[r], of: y, channels: weights.channels, graph),
                    line.isFinite
                else { break }
                weights.fold(line)
                graph.nodes[i].outputs = [graph.nodes[r].outputs[0]]
                dead[r] = true
                folded = true
            }
            if folded { try weights.store(&graph, node: i) }
        }
        graph.drop(dead)
    }
}

/// factor[c] · y + offset[c]: what a node does to y.
struct ChannelLine {
    var factor: [Float]
    var offset: [Float]
    /// Infinity times a sum is not the sum of infinities.
    var isFinite: Bool { factor.allSatisfy { $0.isFinite } && offset.allSatisfy { $0.isFinite } }

    /// nil if `node` does anything else.
    init?(_ node: Graph.Node, of y: Int, channels: Int, _ graph: Graph) {
        let x = node.inputs
        guard node.outputs.count == 1, graph.values[node.outputs[0]].type == graph.values[y].type else { return nil }
        if let norm = node.op as? BatchNormalization {
            guard x.count == 5, x[0] == y, norm.low == -.infinity, norm.high == .infinity else { return nil }
            let all = x[1...].compactMap { graph.values[$0].constant?.floats }
            guard all.count == 4, all[0].count == channels else { return nil }
            (factor, offset) = ([], [])
            for c in 0..<channels {
                let (a, b) = BatchNormalization.line(
                    scale: all[0][c], bias: all[1][c], mean: all[2][c], variance: all[3][c], epsilon: norm.epsilon)
                factor.append(a)
                offset.append(b)
            }
            return
        }
        guard x.count == 2, x[0] != x[1], x.contains(y), let other = x.first(where: { $0 != y }),
            let constant = graph.values[other].constant, constant.type.dtype == .f32
        else { return nil }
        // One number, or one for each channel along the last axis.
        guard constant.count == 1 || (constant.count == channels && constant.shape.last == channels) else { return nil }
        let values = constant.count == 1 ? [Float](repeating: constant.float(0), count: channels) : constant.floats
        let (ones, zeros) = ([Float](repeating: 1, count: channels), [Float](repeating: 0, count: channels))
        switch node.kind {
        case "Mul": (factor, offset) = (values, zeros)
        case "Add": (factor, offset) = (ones, values)
        case "Div" where x[0] == y: (factor, offset) = (values.map { 1 / $0 }, zeros)
        case "Sub": (factor, offset) = x[0] == y ? (ones, values.map { -$0 }) : (ones.map { -$0 }, values)
        default: return nil
        }
    }
}
