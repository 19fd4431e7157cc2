/// Moves (Reshape, Transpose, MaxPool …) between float operators and quantization run on the int8 side: QuantizeLinear goes
/// before them, DequantizeLinear after them, and where the two meet they cancel, or become a table from one scale to the other.
public final class MoveQuantization: Pass {
    public init() {}
    public var name: String { "MoveQuantization" }

    public func apply(_ graph: inout Graph) {
        raise(&graph)
        lower(&graph)
        meet(&graph)
    }

    /// y = Quantize(Move(x)) as Move(Quantize(x)), where nobody else reads what is between.
    private func raise(_ graph: inout Graph) {
        let (isOutput, producers) = (graph.isOutput(), graph.producers())
        var readers = graph.readers()
        for i in graph.nodes.indices.reversed() {
            var at = i
            while let quantize = graph.nodes[at].op as? QuantizeLinear, quantize.scale.single != nil,
                quantize.scale.dtype == .i8, let m = producers[graph.nodes[at].inputs[0]],
                readers[graph.nodes[at].inputs[0]].count == 1, !isOutput[graph.nodes[at].inputs[0]],
                graph.nodes[m].outputs.count == 1, let move = graph.integerMove(graph.nodes[m])
            {
                // The two nodes change places in the list and in what they do.
                let (x, y) = (graph.nodes[m].inputs[0], graph.nodes[at].outputs[0])
                let between = graph.twin(of: x, ".int8", .i8)
                let (quantizer, mover) = (graph.nodes[at], graph.nodes[m])
                graph.nodes[m] = Graph.Node(
                    name: quantizer.name, kind: quantizer.kind, op: quantizer.op, inputs: [x], outputs: [between])
                graph.nodes[at] = Graph.Node(
                    name: mover.name, kind: mover.kind, op: move.op, inputs: [between], outputs: [y])
                readers.append([at])
                at = m
            }
        }
    }

    /// y = Move(Dequantize(x)) as Dequantize(Move(x)).
    private func lower(_ graph: inout Graph) {
        var nodes: [Graph.Node] = []
        var source: [Int: Graph.Node] = [:]
        let old = graph.nodes
        for node in old {
            if let x = node.inputs.first, let from = source[x], let move = graph.integerMove(node) {
                var moved = node
                moved.op = move.op
                moved.inputs = from.inputs
                moved.outputs = node.outputs.map { graph.twin(of: $0, ".int8", .i8) }
                nodes.append(moved)
                for (y, made) in zip(node.outputs, moved.outputs) {
                    let dequantizer = Graph.Node(
                        name: from.name, kind: from.kind, op: from.op, inputs: [made], outputs: [y])
                    nodes.append(dequantizer)
                    source[y] = dequantizer
                }
            } else {
                nodes.append(node)
                if graph.dequantized(node) != nil { source[node.outputs[0]] = node }
            }
        }
        graph.nodes = nodes
    }

    /// Quantize(Dequantize(x)) as x, or as a table of x.
    private func meet(_ graph: inout Graph) {
        let producers = graph.producers()
        for i in graph.nodes.indices {
            guard let quantize = graph.nodes[i].op as? QuantizeLinear, quantize.scale.dtype == .i8,
                let to = quantize.scale.single, let p = producers[graph.nodes[i].inputs[0]],
                let from = graph.dequantized(graph.nodes[p])
            else { continue }
            graph.nodes[i].kind = "IntegerTable"
            graph.nodes[i].op = IntegerTable(from, to: to)
            graph.nodes[i].inputs = graph.nodes[p].inputs
        }
        graph.dropIdentityTables()
    }
}

extension Graph {
    /// How the int8 input of a per-tensor DequantizeLinear of a computed value is quantized; nil for any other node.
    func dequantized(_ node: Node) -> Quantization? {
        guard let dequantize = node.op as? DequantizeLinear, dequantize.scale.dtype == .i8,
            values[node.inputs[0]].constant == nil
        else { return nil }
        return dequantize.scale.single
    }

    /// Tables that change nothing go, except where the caller reads what they make.
    mutating func dropIdentityTables() {
        let isOutput = isOutput()
        var replaced: [Int: Int] = [:]
        var dead = [Bool](repeating: false, count: nodes.count)
        for i in nodes.indices {
            for k in nodes[i].inputs.indices { nodes[i].inputs[k] = replaced[nodes[i].inputs[k]] ?? nodes[i].inputs[k] }
            if let table = nodes[i].op as? IntegerTable, table.isIdentity, !isOutput[nodes[i].outputs[0]] {
                replaced[nodes[i].outputs[0]] = nodes[i].inputs[0]
                dead[i] = true
            }
        }
        drop(dead)
    }
}
