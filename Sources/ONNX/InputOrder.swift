import Engine

extension Model {
    /// The order in which the first node that cares wants input `name`, seen through nodes that do not care and through
    /// transposes: an image that goes to a convolution, be it quantized first, is stored channels-last.
    func inputOrder(_ name: String, rank: Int) -> AxisOrder {
        /// The input under other names; its axis `axes[j]` is axis j there.
        var aliases: [String: [Int]] = [name: Array(0..<rank)]
        for node in nodes {
            guard let i = node.inputs.firstIndex(where: { aliases[$0] != nil }), let axes = aliases[node.inputs[i]],
                let output = node.outputs.first, let entry = entry(for: node.op)
            else { continue }
            switch entry.layout {
            case .channelsLast(let turned):
                if turned.contains(i) { return AxisOrder(AxisOrder.channelsLast(rank).axes.map { axes[$0] }) }
            case .transpose:
                guard case .ints(let permutation) = node.attributes["perm"] ?? .ints(Array((0..<rank).reversed())),
                    permutation.sorted() == Array(0..<rank)
                else { return .identity(rank) }
                aliases[output] = permutation.map { axes[$0] }
            case .any:
                // A reduction may drop axes, and Shape makes another value altogether.
                if node.op.hasPrefix("Reduce") || node.op == "Shape" { continue }
                aliases[output] = axes
            case .onnx, .reshape: return .identity(rank)
            }
        }
        return .identity(rank)
    }
}
