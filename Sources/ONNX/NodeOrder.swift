import Engine

extension Model {
    /// Checks that every value has one maker, and puts the nodes in an order in which each follows the makers of its
    /// inputs (Kahn 1962; nodes that are in order already stay where they are).
    mutating func order() throws(KingletError) {
        var maker: [String: Int] = [:]
        for value in inputs { try claim(value.name, -1, "input", &maker) }
        for value in initializers { try claim(value.name, -1, "initializer", &maker) }
        for (i, node) in nodes.enumerated() {
            do {
                for output in node.outputs where !output.isEmpty { try claim(output, i, "output", &maker) }
            } catch { throw error.at(node.label) }
        }
        var waits = [Int](repeating: 0, count: nodes.count)
        var readers = [[Int]](repeating: [], count: nodes.count)
        for (i, node) in nodes.enumerated() {
            for input in node.inputs where !input.isEmpty {
                guard let source = maker[input] else {
                    throw KingletError(.badFile, "input '\(input)' comes from nowhere").at(node.label)
                }
                if source >= 0 {
                    waits[i] += 1
                    readers[source].append(i)
                }
            }
        }
        for output in outputs where maker[output.name] == nil {
            throw KingletError(.badFile, "the output '\(output.name)' of the model comes from nowhere")
        }
        let sorted = nodes.indices.allSatisfy { i in readers[i].allSatisfy { $0 > i } }
        if !sorted { try sort(&waits, readers) }
    }

    private func claim(
        _ name: String, _ node: Int, _ what: String, _ maker: inout [String: Int]
    ) throws(KingletError) {
        try require(!name.isEmpty, .badFile, "an \(what) has no name")
        try require(maker.updateValue(node, forKey: name) == nil, .badFile, "two values are called '\(name)'")
    }

    private mutating func sort(_ waits: inout [Int], _ readers: [[Int]]) throws(KingletError) {
        var order: [Int] = nodes.indices.filter { waits[$0] == 0 }
        var next = 0
        while next < order.count {
            for reader in readers[order[next]] {
                waits[reader] -= 1
                if waits[reader] == 0 { order.append(reader) }
            }
            next += 1
        }
        if order.count < nodes.count {
            let stuck = nodes.indices.filter { waits[$0] > 0 }.prefix(10).map { nodes[$0].label }
            throw KingletError(.badFile, "nodes wait for each other in a circle: \(joined(stuck))")
        }
        nodes = order.map { nodes[$0] }
    }
}

/// a, b, c
func joined(_ list: [String], _ separator: String = ", ") -> String {
    var text = ""
    for (i, item) in list.enumerated() { text += (i == 0 ? "" : separator) + item }
    return text
}
