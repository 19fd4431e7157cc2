import Engine

/// Which nodes go to Arm NN together: the largest sets of claimed nodes that hang together and that no path leaves and
/// enters again, since a set runs at one time.
package struct Regions {
    private let inputs: [[Int]]
    private let claimed: [Bool]
    /// Region of each claimed node, by the index of one of its nodes.
    private var region: [Int]

    package init(_ graph: Graph, claimed: [Bool]) {
        self.claimed = claimed
        let producers = graph.producers()
        inputs = graph.nodes.map { node in node.inputs.compactMap { producers[$0] } }
        region = Array(graph.nodes.indices)
        var grows = true
        while grows {
            grows = false
            for i in graph.nodes.indices where claimed[i] {
                for p in inputs[i] where claimed[p] && region[p] != region[i] && joins(region[p], region[i]) {
                    let (from, to) = (region[i], region[p])
                    for k in region.indices where region[k] == from { region[k] = to }
                    grows = true
                }
            }
        }
    }

    /// Whether no path leaves the two regions and comes back.
    private func joins(_ a: Int, _ b: Int) -> Bool {
        var outside = [Bool](repeating: false, count: region.count)
        for i in region.indices {
            let own = claimed[i] && (region[i] == a || region[i] == b)
            for p in inputs[i] {
                let inner = claimed[p] && (region[p] == a || region[p] == b)
                if own && outside[p] { return false }
                if !own && (inner || outside[p]) { outside[i] = true }
            }
        }
        return true
    }

    /// Nodes of each region, in running order.
    package var sets: [[Int]] {
        var sets: [Int: [Int]] = [:]
        for i in region.indices where claimed[i] { sets[region[i], default: []].append(i) }
        return sets.values.sorted { $0[0] < $1[0] }
    }
}

extension Graph {
    /// Nodes in an order in which each comes after those that make its inputs; as they stand where that allows.
    mutating func sortNodes() {
        let producers = producers()
        var (done, order) = ([Bool](repeating: false, count: nodes.count), [Int]())
        func visit(_ i: Int) {
            if done[i] { return }
            done[i] = true
            for v in nodes[i].inputs { if let p = producers[v] { visit(p) } }
            order.append(i)
        }
        for i in nodes.indices { visit(i) }
        nodes = order.map { nodes[$0] }
    }
}
