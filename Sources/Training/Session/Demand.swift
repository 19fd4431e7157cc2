import Engine

/// What the operators that run every time ask of one program's memory and time.
struct Demand {
    /// Of the graph, in running order.
    let nodes: [Int]
    /// Values that the way back through each operator reads; nil where it does not pass.
    private(set) var reads: [[Int]?] = []
    /// Bytes of working memory of each operator, forward and back.
    private(set) var room: [Int] = []
    private(set) var backwardRoom: [Int] = []
    /// Multiply-adds of each operator forward; an element of any other output takes as long as some of them.
    private(set) var work: [Int] = []
    /// The operator that computes a value, by place in `nodes`.
    private(set) var maker: [Int?]

    init(_ graph: Graph, _ nodes: [Int], _ flow: GradientFlow?, _ target: Target) {
        self.nodes = nodes
        maker = [Int?](repeating: nil, count: graph.values.count)
        for (i, m) in nodes.enumerated() {
            let (node, types) = (graph.nodes[m], graph.nodes[m].inputs.map { graph.values[$0].type })
            for v in node.outputs { maker[v] = i }
            room.append(node.op.scratchBytes(types, target))
            work.append(Demand.work(node, graph))
            guard let flow, flow.active[m], let op = node.op.gradient else {
                reads.append(nil)
                backwardRoom.append(0)
                continue
            }
            let wants = flow.wants(node)
            let keeps = op.keeps(types, wants: wants)
            reads.append(
                keeps.inputs.filter { $0 < node.inputs.count }.map { node.inputs[$0] }
                    + keeps.outputs.filter { $0 < node.outputs.count }.map { node.outputs[$0] })
            backwardRoom.append(op.backwardScratchBytes(types, wants: wants, target))
        }
    }

    private static func work(_ node: Graph.Node, _ graph: Graph) -> Int {
        guard let y = node.outputs.first, !node.op.isView else { return 0 }
        let count = graph.values[y].type.count
        guard node.inputs.count > 1 else { return count * perElement }
        let (x, w) = (graph.values[node.inputs[0]].type, graph.values[node.inputs[1]].type)
        // Convolution weights are stored [O, kH, kW, I]: each output element takes one filter.
        if node.op is Conv { return count / max(w.shape[0], 1) * w.count }
        if node.op is Gemm || node.op is MatMul { return count * (x.shape.last ?? 1) }
        return count * perElement
    }

    private static let perElement = 8
}
