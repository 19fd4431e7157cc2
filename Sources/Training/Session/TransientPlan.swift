import Engine

/// Where the values, gradients and working memory of one program live while it runs: all that may be forgotten
/// afterwards. Step i is the forward of main operator i of n, step 2n - i its way back.
struct TransientPlan {
    /// Place of a value, nil where it is not transient.
    private(set) var values: [Int?] = []
    /// Place of the gradient of a value.
    private(set) var gradients: [Int?] = []
    /// Place of the working memory of operator i, forward and back.
    private(set) var scratch: [Int] = []
    private(set) var backwardScratch: [Int] = []
    private(set) var bytes = 0

    private var blocks: [Arena.Block] = []
    private var valueBlock: [Int?]
    private var gradientBlock: [Int?]

    /// `main`: the operators that run every time. `fixed`: values that live elsewhere; `fixedGradients`: so do their gradients.
    init(
        _ graph: Graph, main: [Int], flow: GradientFlow?, fixed: [Bool], fixedGradients: [Bool], target: Target
    ) {
        let n = main.count
        valueBlock = [Int?](repeating: nil, count: graph.values.count)
        gradientBlock = valueBlock
        let last = TransientPlan.lastUses(graph, main, flow)

        // Forward values: a view shares its input's block, an operator in place takes it over.
        for (i, m) in main.enumerated() {
            let node = graph.nodes[m]
            for (k, v) in node.outputs.enumerated() where !fixed[v] {
                if k == 0, let x = node.inputs.first, let b = valueBlock[x],
                    node.op.isView
                        || (node.op.inPlace && blocks[b].last == i
                            && graph.values[x].type.bytes >= graph.values[v].type.bytes)
                {
                    valueBlock[v] = b
                } else {
                    valueBlock[v] = open(graph.values[v].type.bytes, i, i)
                }
                // Later views of it lengthen the block before anybody may overwrite it.
                if let b = valueBlock[v] { blocks[b].last = max(blocks[b].last, viewEnd(graph, main, v, last)) }
            }
        }
        var forwardRoom = [Int?](repeating: nil, count: n)
        var backwardRoom = forwardRoom
        for (i, m) in main.enumerated() {
            let (node, types) = (graph.nodes[m], graph.nodes[m].inputs.map { graph.values[$0].type })
            let bytes = node.op.scratchBytes(types, target)
            if bytes > 0 { forwardRoom[i] = open(bytes, i, i) }
            guard let flow, flow.active[m], let op = node.op.gradient else { continue }
            let more = op.backwardScratchBytes(types, wants: flow.wants(node), target)
            if more > 0 { backwardRoom[i] = open(more, 2 * n - i, 2 * n - i) }
        }
        if let flow { placeGradients(graph, main, flow, fixedGradients) }

        let arena = Arena(blocks)
        bytes = arena.bytes
        values = valueBlock.map { $0.map { arena.offsets[$0] } }
        gradients = gradientBlock.map { $0.map { arena.offsets[$0] } }
        scratch = forwardRoom.map { $0.map { arena.offsets[$0] } ?? 0 }
        backwardScratch = backwardRoom.map { $0.map { arena.offsets[$0] } ?? 0 }
    }

    private mutating func open(_ bytes: Int, _ first: Int, _ last: Int) -> Int {
        blocks.append(Arena.Block(bytes: bytes + Storage.slack, first: first, last: last))
        return blocks.count - 1
    }

    /// The last step that needs `v` under any of the names that views give it.
    private func viewEnd(_ graph: Graph, _ main: [Int], _ v: Int, _ last: [Int]) -> Int {
        var end = last[v]
        for m in main where graph.nodes[m].op.isView && graph.nodes[m].inputs.first == v {
            end = max(end, viewEnd(graph, main, graph.nodes[m].outputs[0], last))
        }
        return end
    }

    /// The last step that reads each value; -1 if none does.
    private static func lastUses(_ graph: Graph, _ main: [Int], _ flow: GradientFlow?) -> [Int] {
        let n = main.count
        var last = [Int](repeating: -1, count: graph.values.count)
        for (i, m) in main.enumerated() {
            let node = graph.nodes[m]
            for v in node.inputs { last[v] = max(last[v], i) }
            guard let flow, flow.active[m], let op = node.op.gradient else { continue }
            let keeps = op.keeps(node.inputs.map { graph.values[$0].type }, wants: flow.wants(node))
            for k in keeps.inputs where k < node.inputs.count {
                last[node.inputs[k]] = max(last[node.inputs[k]], 2 * n - i)
            }
            for k in keeps.outputs where k < node.outputs.count {
                last[node.outputs[k]] = max(last[node.outputs[k]], 2 * n - i)
            }
        }
        return last
    }

    /// A gradient lives from the first operator on the way back that writes it to the one that computed its value.
    private mutating func placeGradients(_ graph: Graph, _ main: [Int], _ flow: GradientFlow, _ fixed: [Bool]) {
        let n = main.count
        for (i, m) in main.enumerated().reversed() where flow.active[m] {
            let (node, step) = (graph.nodes[m], 2 * n - i)
            for v in node.outputs where flow.carries[v] && !fixed[v] {
                // Nobody read it: zeros.
                if gradientBlock[v] == nil { gradientBlock[v] = open(graph.values[v].type.count * 4, step, step) }
                if let b = gradientBlock[v] { blocks[b].last = max(blocks[b].last, step) }
            }
            for (k, v) in node.inputs.enumerated() where flow.carries[v] && !fixed[v] && gradientBlock[v] == nil {
                if node.op.gradient?.gradientInPlace == k, node.inputs.filter({ $0 == v }).count == 1,
                    let b = gradientBlock[node.outputs[0]], blocks[b].last == step,
                    graph.values[v].type.count == graph.values[node.outputs[0]].type.count
                {
                    gradientBlock[v] = b
                } else {
                    gradientBlock[v] = open(graph.values[v].type.count * 4, step, step)
                }
            }
        }
    }
}
