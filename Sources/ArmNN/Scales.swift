import Engine

/// How the int8 values of a graph are quantized: noted while QuantizeLinear and DequantizeLinear still tell, because the
/// integer operators that replace them keep only quotients of the scales. Passes number values anew, names stay.
final class Scales: Pass, @unchecked Sendable {
    private var noted: [String: ScaleAxis] = [:]
    /// Names that several values of different scales have.
    private var unclear: Set<String> = []
    private var moved: [Int: Quantization] = [:]
    let name = "Scales"

    func apply(_ graph: inout Graph) {
        for node in graph.nodes {
            if let op = node.op as? QuantizeLinear { note(graph.values[node.outputs[0]].name, op.scale) }
            if let op = node.op as? DequantizeLinear { note(graph.values[node.inputs[0]].name, op.scale) }
        }
    }

    private func note(_ name: String, _ scale: ScaleAxis) {
        if let known = noted[name], known != scale { unclear.insert(name) }
        noted[name] = scale
    }

    /// Of the graph as it will run: operators that hand elements on hand the scale on too, forwards and backwards.
    func spread(_ graph: Graph) {
        let moves = graph.nodes.filter { $0.outputs.count == 1 && keepsScale($0.op) }
        for node in moves where self[node.outputs[0], graph] == nil {
            moved[node.outputs[0]] = node.inputs.lazy.compactMap { self[$0, graph] }.first
        }
        for node in moves.reversed() {
            guard let scale = self[node.outputs[0], graph] else { continue }
            for v in node.inputs where self[v, graph] == nil { moved[v] = scale }
        }
    }

    private func keepsScale(_ op: any Op) -> Bool {
        op is Reshape || op is Transpose || op is Concat || op is MaxPool || op is Identity
    }

    /// Of int8 value `v`; nil if it is not known, or not one for all of it.
    subscript(_ v: Int, _ graph: Graph) -> Quantization? {
        if let axis = weights(v, graph) { return axis.dtype == .i8 ? axis.single : nil }
        return moved[v]
    }

    /// Of the weights of a product.
    func weights(_ v: Int, _ graph: Graph) -> ScaleAxis? {
        let name = graph.values[v].name
        return unclear.contains(name) ? nil : noted[name]
    }
}
