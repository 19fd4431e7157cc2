import Engine

/// What one pass over a network is for. A pass back needs one forward of the same program before it.
public enum Program: Int, Sendable, CaseIterable {
    /// Logits only: nothing is kept for a way back.
    case forward
    /// Gradients of the trained weights.
    case weights
    /// The gradient of the input, and no other: what an attack needs.
    case inputs
    /// Both.
    case both

    var trains: Bool { self == .weights || self == .both }
    var attacks: Bool { self == .inputs || self == .both }
}

/// Which values pass gradients on, and which operators take part, when the gradients of `sources` are asked for.
struct GradientFlow {
    /// The gradient of this value is needed.
    let carries: [Bool]
    /// The operator runs on the way back.
    let active: [Bool]

    init(_ graph: Graph, sources: [Int]) throws(KingletError) {
        var carries = [Bool](repeating: false, count: graph.values.count)
        for v in sources { carries[v] = true }
        var active = [Bool](repeating: false, count: graph.nodes.count)
        var lacking: [String] = []
        for (i, node) in graph.nodes.enumerated() where node.inputs.contains(where: { carries[$0] }) {
            let outputs = node.outputs.filter { graph.values[$0].type.dtype == .f32 }
            if outputs.isEmpty { continue }
            if node.op.gradient == nil { lacking.append("node '\(node.name)' (\(node.kind))") }
            active[i] = true
            for v in outputs { carries[v] = true }
        }
        try require(
            lacking.isEmpty, .unsupported,
            "no gradient passes through " + lacking.prefix(20).joined(separator: ", ")
                + (lacking.count > 20 ? " and \(lacking.count - 20) more" : ""))
        try require(
            sources.isEmpty || graph.outputs.allSatisfy { carries[$0] }, .unsupported,
            "no gradient reaches the output: it passes through integers")
        self.carries = carries
        self.active = active
    }

    /// Of which inputs of `node` the gradients are needed.
    func wants(_ node: Graph.Node) -> [Bool] { node.inputs.map { carries[$0] } }
}
