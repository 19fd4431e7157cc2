/// Constants whose quantization no integer operator took over become float constants.
public final class FoldDequantized: Pass {
    public init() {}
    public var name: String { "FoldDequantized" }

    public func apply(_ graph: inout Graph) throws(KingletError) {
        let isOutput = graph.isOutput()
        var dead = [Bool](repeating: false, count: graph.nodes.count)
        for (i, node) in graph.nodes.enumerated() where node.op is DequantizeLinear {
            let (x, y) = (node.inputs[0], node.outputs[0])
            guard let tensor = graph.values[x].constant, !isOutput[y] else { continue }
            let folded = try FoldDequantized.floats(tensor, node.op)
            graph.values[y].constant = folded
            dead[i] = true
        }
        graph.drop(dead)
    }

    /// What `op`, a DequantizeLinear, makes of a constant.
    static func floats(_ tensor: Tensor, _ op: any Op) throws(KingletError) -> Tensor {
        let aligned = try Storage(bytes: tensor.type.bytes)
        aligned.base.copyMemory(from: tensor.base, byteCount: tensor.type.bytes)
        let folded = try Tensor(zeros: TensorType(.f32, tensor.shape))
        let frame = Frame(
            x: [TensorView(tensor.type, aligned.base)], y: [TensorView(folded.type, folded.base)],
            scratch: aligned.base, packed: aligned.base, target: Target())
        op.forward(frame, .alone)
        return folded
    }
}
