/// Conv, then Add of a value of the same shape: the convolution adds it to its own output.
public final class FuseResidual: Pass {
    public init() {}
    public var name: String { "FuseResidual" }

    public func apply(_ graph: inout Graph) throws(KingletError) {
        let (readers, isOutput) = (graph.readers(), graph.isOutput())
        var producers = graph.producers()
        var dead = [Bool](repeating: false, count: graph.nodes.count)
        for r in graph.nodes.indices where ["Add", "Sum"].contains(graph.nodes[r].kind) {
            let add = graph.nodes[r]
            guard add.inputs.count == 2, add.inputs[0] != add.inputs[1] else { continue }
            // The later of two convolutions takes the other's output.
            let sides = [0, 1].sorted { (producers[add.inputs[$0]] ?? -1) > (producers[add.inputs[$1]] ?? -1) }
            for side in sides {
                let (y, other) = (add.inputs[side], add.inputs[1 - side])
                guard let i = producers[y], readers[y].count == 1, !isOutput[y], !dead[i],
                    let conv = graph.nodes[i].op as? Conv, graph.nodes[i].inputs.count <= 3, !conv.addsResidual,
                    conv.low == -.infinity, conv.high == .infinity,
                    graph.values[y].type == graph.values[other].type,
                    graph.values[y].type == graph.values[add.outputs[0]].type, graph.values[other].constant == nil,
                    conv.method(
                        graph.values[graph.nodes[i].inputs[0]].type, graph.values[graph.nodes[i].inputs[1]].type)
                        != .depthwise
                else { continue }
                var fused = graph.nodes[i]
                if fused.inputs.count == 2 {
                    let zeros = try Tensor(zeros: TensorType(.f32, [graph.values[fused.inputs[1]].type.shape[0]]))
                    fused.inputs.append(
                        graph.add(Graph.Value(name: fused.name + ".bias", type: zeros.type, constant: zeros)))
                    producers.append(nil)
                }
                fused.op = Conv(conv.window, groups: conv.groups, addsResidual: true)
                fused.inputs.append(other)
                fused.outputs = add.outputs
                // Where the addition stood, both of its terms are known.
                graph.nodes[r] = fused
                dead[i] = true
                break
            }
        }
        graph.drop(dead)
    }
}
