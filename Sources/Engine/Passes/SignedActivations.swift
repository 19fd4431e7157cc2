/// uint8 activations become int8: zero points go down by 128 and sign bits flip where uint8 values enter or leave the graph,
/// so that integer operators need to know int8 only. Weights of products stay as they are: they may be uint8.
public final class SignedActivations: Pass {
    public init() {}
    public var name: String { "SignedActivations" }

    public func apply(_ graph: inout Graph) throws(KingletError) {
        try turnConstants(&graph)
        var nodes: [Graph.Node] = []
        /// The int8 value with the same meaning, by uint8 value.
        var signed: [Int: Int] = [:]
        let old = graph.nodes
        for node in old {
            if let quantize = node.op as? QuantizeLinear, quantize.scale.dtype == .u8 {
                let y = graph.twin(of: node.outputs[0], ".int8", .i8)
                var changed = node
                changed.op = QuantizeLinear(quantize.scale.signed)
                changed.outputs = [y]
                nodes.append(changed)
                nodes.append(flip(y, node.outputs[0], graph))
                signed[node.outputs[0]] = y
            } else if let dequantize = node.op as? DequantizeLinear, dequantize.scale.dtype == .u8,
                graph.values[node.inputs[0]].constant == nil
            {
                let x = node.inputs[0]
                if signed[x] == nil {
                    let flipped = graph.twin(of: x, ".int8", .i8)
                    nodes.append(flip(x, flipped, graph))
                    signed[x] = flipped
                }
                var changed = node
                changed.op = DequantizeLinear(dequantize.scale.signed)
                changed.inputs = [signed[x] ?? x]
                nodes.append(changed)
            } else if let x = node.inputs.first, let from = signed[x], let move = graph.integerMove(node) {
                var changed = node
                changed.op = move.op
                changed.inputs = [from]
                changed.outputs = node.outputs.map { graph.twin(of: $0, ".int8", .i8) }
                nodes.append(changed)
                for (y, made) in zip(node.outputs, changed.outputs) {
                    nodes.append(flip(made, y, graph))
                    signed[y] = made
                }
            } else {
                nodes.append(node)
            }
        }
        // A flip that nobody needs, because all readers took the int8 value, is dead: RemoveDead takes it away.
        graph.nodes = nodes
    }

    /// Constants that are operands like any other, of Add or Concat.
    private func turnConstants(_ graph: inout Graph) throws(KingletError) {
        let readers = graph.readers()
        for i in graph.nodes.indices {
            guard let dequantize = graph.nodes[i].op as? DequantizeLinear, dequantize.scale.dtype == .u8,
                let old = graph.values[graph.nodes[i].inputs[0]].constant,
                !readers[graph.nodes[i].outputs[0]].contains(where: { isProduct(graph.nodes[$0]) })
            else { continue }
            let tensor = try Tensor(zeros: TensorType(.i8, old.shape))
            let (from, to) = (old.base.assumingMemoryBound(to: UInt8.self), tensor.base.assumingMemoryBound(to: UInt8.self))
            for k in 0..<old.count { to[k] = from[k] ^ 0x80 }
            let flipped = graph.twin(of: graph.nodes[i].inputs[0], ".int8", .i8)
            graph.values[flipped].constant = tensor
            graph.nodes[i].inputs = [flipped]
            graph.nodes[i].op = DequantizeLinear(dequantize.scale.signed)
        }
    }

    private func isProduct(_ node: Graph.Node) -> Bool { node.op is Conv || node.op is Gemm || node.op is MatMul }

    private func flip(_ x: Int, _ y: Int, _ graph: Graph) -> Graph.Node {
        Graph.Node(name: graph.values[y].name + ".flip", kind: "FlipSign", op: FlipSign(), inputs: [x], outputs: [y])
    }
}

extension ScaleAxis {
    /// The same scales for uint8 values less 128.
    var signed: ScaleAxis { ScaleAxis(scales: scales, zeros: zeros.map { $0 - 128 }, dtype: .i8, axis: axis) }
}
