/// Removes operators that hand on their input as it is: Identity, Dropout, Cast to the same type, Reshape to the same
/// shape, Transposes that undo each other.
public final class DropIdentities: Pass {
    public init() {}
    public var name: String { "DropIdentities" }

    public func apply(_ graph: inout Graph) {
        let isOutput = graph.isOutput()
        var producers = graph.producers()
        let readers = graph.readers()
        var dead = [Bool](repeating: false, count: graph.nodes.count)
        for i in graph.nodes.indices {
            mergeTransposes(i, &graph, producers)
            guard isIdentity(graph.nodes[i], graph, isOutput, readers) else { continue }
            let (x, y) = (graph.nodes[i].inputs[0], graph.nodes[i].outputs[0])
            if !isOutput[y] {
                for r in readers[y] { replace(y, by: x, in: &graph.nodes[r].inputs) }
                dead[i] = true
            } else if let p = producers[x], !isOutput[x] {
                // The caller reads y under its own name: whoever made x makes y instead.
                replace(x, by: y, in: &graph.nodes[p].outputs)
                for r in graph.nodes.indices where r > p && graph.nodes[r].inputs.contains(x) {
                    replace(x, by: y, in: &graph.nodes[r].inputs)
                }
                producers[y] = p
                dead[i] = true
            }
        }
        graph.drop(dead)
    }

    /// The second of two Transposes in a row does the work of both.
    private func mergeTransposes(_ i: Int, _ graph: inout Graph, _ producers: [Int?]) {
        guard let second = graph.nodes[i].op as? Transpose, let p = producers[graph.nodes[i].inputs[0]],
            let first = graph.nodes[p].op as? Transpose
        else { return }
        graph.nodes[i].op = Transpose(second.permutation.map { first.permutation[$0] })
        graph.nodes[i].inputs = graph.nodes[p].inputs
    }

    private func isIdentity(_ node: Graph.Node, _ graph: Graph, _ isOutput: [Bool], _ readers: [[Int]]) -> Bool {
        guard let x = node.inputs.first, let y = node.outputs.first, graph.values[x].type == graph.values[y].type,
            node.outputs.dropFirst().allSatisfy({ readers[$0].isEmpty && !isOutput[$0] })
        else { return false }
        if let transpose = node.op as? Transpose {
            return transpose.permutation == Array(transpose.permutation.indices)
        }
        return node.op.isView || node.kind == "Identity" || node.kind == "Dropout" || node.kind == "Cast"
    }

    private func replace(_ old: Int, by new: Int, in list: inout [Int]) {
        for i in list.indices where list[i] == old { list[i] = new }
    }
}
