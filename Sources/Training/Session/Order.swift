import Engine

/// The order in which one program runs: every operator forward, then back. What was forgotten meanwhile is computed again
/// when the way back first reads it (Chen et al. 2016). Operators are places in `Demand.nodes`.
struct Order {
    enum Step {
        case forward(Int)
        case again(Int)
        case backward(Int)
    }

    private(set) var steps: [Step]
    /// Operators whose outputs are not kept for the way back.
    let forgets: [Bool]
    /// Steps of the way back; nil where it does not pass.
    private(set) var back: [Int?]
    /// Of the operators that run again.
    private(set) var work = 0
    private let values: Int
    /// By value: two places, one for each time that it is computed.
    private var isForgotten: [Bool]

    /// `fixed`: values that live elsewhere, and are kept.
    init(_ graph: Graph, _ demand: Demand, fixed: [Bool], forgets: [Bool]) {
        self.forgets = forgets
        let nodes = demand.nodes
        values = graph.values.count
        isForgotten = [Bool](repeating: false, count: values)
        for (i, m) in nodes.enumerated() where forgets[i] {
            for v in graph.nodes[m].outputs { isForgotten[v] = !fixed[v] }
        }
        steps = nodes.indices.map { .forward($0) }
        back = [Int?](repeating: nil, count: nodes.count)
        var fresh = [Bool](repeating: false, count: nodes.count)
        for i in nodes.indices.reversed() {
            guard let reads = demand.reads[i] else { continue }
            for v in reads { bring(v, graph, demand, &fresh) }
            back[i] = steps.count
            steps.append(.backward(i))
        }
    }

    /// Computes `v` again if it is forgotten, and before that whatever it takes.
    private mutating func bring(_ v: Int, _ graph: Graph, _ demand: Demand, _ fresh: inout [Bool]) {
        guard isForgotten[v], let i = demand.maker[v], !fresh[i] else { return }
        fresh[i] = true
        for x in graph.nodes[demand.nodes[i]].inputs { bring(x, graph, demand, &fresh) }
        work += demand.work[i]
        steps.append(.again(i))
    }

    /// What the bytes of `v` at step `t` are called: a value that is computed twice has two places.
    func name(_ v: Int, _ t: Int) -> Int { t >= forgets.count && isForgotten[v] ? v + values : v }
}

extension Order.Step {
    /// The operator that computes its outputs in this step.
    var computes: Int? {
        switch self {
        case .forward(let i), .again(let i): i
        case .backward: nil
        }
    }
}
