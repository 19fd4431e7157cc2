/// Removes nodes and values that no output depends on.
public final class RemoveDead: Pass {
    public init() {}
    public var name: String { "RemoveDead" }

    public func apply(_ graph: inout Graph) {
        var used = [Bool](repeating: false, count: graph.values.count)
        for v in graph.inputs + graph.outputs { used[v] = true }
        var dead = [Bool](repeating: false, count: graph.nodes.count)
        for (i, node) in graph.nodes.enumerated().reversed() {
            dead[i] = !node.outputs.contains { used[$0] }
            if !dead[i] { for v in node.inputs + node.outputs { used[v] = true } }
        }
        graph.drop(dead)
        var place = [Int](repeating: -1, count: graph.values.count)
        var kept: [Graph.Value] = []
        for v in used.indices where used[v] {
            place[v] = kept.count
            kept.append(graph.values[v])
        }
        graph.values = kept
        graph.inputs = graph.inputs.map { place[$0] }
        graph.outputs = graph.outputs.map { place[$0] }
        for i in graph.nodes.indices {
            graph.nodes[i].inputs = graph.nodes[i].inputs.map { place[$0] }
            graph.nodes[i].outputs = graph.nodes[i].outputs.map { place[$0] }
        }
    }
}
