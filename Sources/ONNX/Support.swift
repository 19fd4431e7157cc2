import Engine

extension Model {
    /// Every operator and attribute that Kinglet lacks, with the node that has it.
    func unsupported() -> [String] {
        var known: [String: [String]] = [:]
        for entry in registry {
            for name in entry.names where known[name] == nil { known[name] = entry.attributes }
        }
        var problems: [String] = []
        for node in nodes {
            guard node.domain.isEmpty || node.domain == "ai.onnx" else {
                problems.append("\(node.label): operator \(node.domain).\(node.op)")
                continue
            }
            guard let attributes = known[node.op] else {
                problems.append("\(node.label): operator \(node.op)")
                continue
            }
            for (name, _) in node.opaque { problems.append("\(node.label): attribute '\(name)' of \(node.op)") }
            for name in node.attributes.entries.keys.sorted() where !attributes.contains(name) {
                problems.append("\(node.label): attribute '\(name)' of \(node.op)")
            }
        }
        return problems
    }
}
