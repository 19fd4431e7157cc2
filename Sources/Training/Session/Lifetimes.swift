import Engine

/// From which step of an order to which each value, gradient and working memory has to be there.
struct Lifetimes {
    private(set) var blocks: [Arena.Block] = []
    /// The block of a value by `Order.name`, nil where it is not transient.
    private(set) var values: [Int?]
    /// Of the gradient of a value.
    private(set) var gradients: [Int?]
    /// Of the working memory of a step.
    private(set) var rooms: [Int?]

    /// `fixed`: values that live elsewhere; `fixedGradients`: so do their gradients.
    init(
        _ graph: Graph, _ order: Order, _ demand: Demand, _ flow: GradientFlow?, fixed: [Bool], fixedGradients: [Bool]
    ) {
        values = [Int?](repeating: nil, count: 2 * graph.values.count)
        gradients = [Int?](repeating: nil, count: graph.values.count)
        rooms = [Int?](repeating: nil, count: order.steps.count)
        let uses = Uses(graph, order, demand)
        for (t, step) in order.steps.enumerated() {
            guard let i = step.computes else { continue }
            place(graph, graph.nodes[demand.nodes[i]], t, order, uses, fixed)
        }
        for (t, step) in order.steps.enumerated() {
            let bytes =
                switch step {
                case .forward(let i), .again(let i): demand.room[i]
                case .backward(let i): demand.backwardRoom[i]
                }
            if bytes > 0 { rooms[t] = open(bytes, t) }
        }
        if let flow { placeGradients(graph, order, demand, flow, fixedGradients) }
    }

    private mutating func open(_ bytes: Int, _ t: Int) -> Int {
        blocks.append(Arena.Block(bytes: bytes + Storage.slack, first: t, last: t))
        return blocks.count - 1
    }

    /// What `node` computes in step t: a view shares its input's block, an operator in place takes it over.
    private mutating func place(
        _ graph: Graph, _ node: Graph.Node, _ t: Int, _ order: Order, _ uses: Uses, _ fixed: [Bool]
    ) {
        for (k, v) in node.outputs.enumerated() where !fixed[v] {
            let y = order.name(v, t)
            var block: Int?
            if k == 0, let x = node.inputs.first, let b = values[order.name(x, t)] {
                let fits = graph.values[x].type.bytes >= graph.values[v].type.bytes
                if node.op.isView || (node.op.inPlace && blocks[b].last == t && fits) { block = b }
            }
            let b = block ?? open(graph.values[v].type.bytes, t)
            values[y] = b
            // Later views of it lengthen the block before anybody may overwrite it.
            blocks[b].last = max(blocks[b].last, uses.end(y))
        }
    }

    /// A gradient lives from the first operator on the way back that writes it to the one that computed its value.
    private mutating func placeGradients(
        _ graph: Graph, _ order: Order, _ demand: Demand, _ flow: GradientFlow, _ fixed: [Bool]
    ) {
        for (i, m) in demand.nodes.enumerated().reversed() {
            guard let t = order.back[i] else { continue }
            let node = graph.nodes[m]
            for v in node.outputs where flow.carries[v] && !fixed[v] {
                // Nobody read it: zeros.
                let b = gradients[v] ?? open(graph.values[v].type.count * 4, t)
                gradients[v] = b
                blocks[b].last = max(blocks[b].last, t)
            }
            for (k, v) in node.inputs.enumerated() where flow.carries[v] && !fixed[v] && gradients[v] == nil {
                if node.op.gradient?.gradientInPlace == k, node.inputs.filter({ $0 == v }).count == 1,
                    let b = gradients[node.outputs[0]], blocks[b].last == t,
                    graph.values[v].type.count == graph.values[node.outputs[0]].type.count
                {
                    gradients[v] = b
                } else {
                    gradients[v] = open(graph.values[v].type.count * 4, t)
                }
            }
        }
    }

    /// The step at which most bytes are in use, and how many: no arena is smaller.
    var peak: (bytes: Int, step: Int) {
        var change = [Int](repeating: 0, count: rooms.count + 1)
        for block in blocks {
            change[block.first] &+= block.bytes
            change[block.last + 1] &-= block.bytes
        }
        var (now, most, step) = (0, 0, 0)
        for t in rooms.indices {
            now &+= change[t]
            if now > most { (most, step) = (now, t) }
        }
        return (most, step)
    }
}

/// When each value is read for the last time.
private struct Uses {
    /// By `Order.name`; -1 if nobody does.
    private var last: [Int]
    private var views: [[Int]]

    init(_ graph: Graph, _ order: Order, _ demand: Demand) {
        last = [Int](repeating: -1, count: 2 * graph.values.count)
        views = [[Int]](repeating: [], count: 2 * graph.values.count)
        for (t, step) in order.steps.enumerated() {
            switch step {
            case .forward(let i), .again(let i):
                let node = graph.nodes[demand.nodes[i]]
                for v in node.inputs { last[order.name(v, t)] = t }
                if node.op.isView, let x = node.inputs.first, let y = node.outputs.first {
                    views[order.name(x, t)].append(order.name(y, t))
                }
            case .backward(let i): for v in demand.reads[i] ?? [] { last[order.name(v, t)] = t }
            }
        }
    }

    /// The last step that needs it under any of the names that views give it.
    func end(_ name: Int) -> Int { views[name].reduce(last[name]) { max($0, end($1)) } }
}
