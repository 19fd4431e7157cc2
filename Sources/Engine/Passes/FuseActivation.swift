/// Conv, Gemm, MatMul, BatchNormalization or arithmetic, then Relu or Clip: the first clamps its own output.
public final class FuseActivation: Pass {
    public init() {}
    public var name: String { "FuseActivation" }

    public func apply(_ graph: inout Graph) {
        let (readers, isOutput) = (graph.readers(), graph.isOutput())
        var dead = [Bool](repeating: false, count: graph.nodes.count)
        for i in graph.nodes.indices where !dead[i] {
            while let y = graph.nodes[i].outputs.first, readers[y].count == 1, !isOutput[y],
                graph.values[y].type.dtype == .f32, let r = readers[y].first,
                let range = FuseActivation.range(graph.nodes[r].op),
                let op = FuseActivation.clamped(graph.nodes[i].op, range.low, range.high)
            {
                graph.nodes[i].op = op
                graph.nodes[i].outputs = [graph.nodes[r].outputs[0]]
                dead[r] = true
            }
        }
        graph.drop(dead)
    }

    /// The limits of an operator that does nothing but clamp.
    static func range(_ op: any Op) -> (low: Float, high: Float)? {
        if op is Relu { return (0, .infinity) }
        if let clip = op as? Clip { return (clip.low, clip.high) }
        return nil
    }

    /// `op` with its output clamped once more.
    private static func clamped(_ op: any Op, _ low: Float, _ high: Float) -> (any Op)? {
        if let conv = op as? Conv {
            return Conv(
                conv.window, groups: conv.groups, low: clamp(conv.low, low, high), high: clamp(conv.high, low, high),
                addsResidual: conv.addsResidual)
        }
        if let gemm = op as? Gemm {
            return Gemm(
                alpha: gemm.alpha, beta: gemm.beta, transA: gemm.transA, transB: gemm.transB, rowBias: gemm.rowBias,
                low: clamp(gemm.low, low, high), high: clamp(gemm.high, low, high))
        }
        if let product = op as? MatMul {
            return MatMul(low: clamp(product.low, low, high), high: clamp(product.high, low, high))
        }
        if let norm = op as? BatchNormalization {
            return BatchNormalization(
                epsilon: norm.epsilon, momentum: norm.momentum, low: clamp(norm.low, low, high),
                high: clamp(norm.high, low, high))
        }
        if let binary = op as? Binary, binary.inPlace {
            return Binary(binary.kind, low: clamp(binary.low, low, high), high: clamp(binary.high, low, high))
        }
        return nil
    }
}
