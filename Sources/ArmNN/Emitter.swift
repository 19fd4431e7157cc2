import CArmNN
import Engine

/// Writes nodes of a graph into a network of Arm NN; what has no form there is refused with a reason.
struct Emitter {
    let graph: Graph
    let scales: Scales
    let net: Net

    func emit(_ node: Graph.Node) throws(KingletError) {
        switch node.op {
        case let op as Conv: try conv(node, op)
        case let op as IntegerConv: try conv(node, op)
        case let op as Gemm: try gemm(node, op)
        case let op as MatMul: try matMul(node, op)
        case let op as IntegerGemm: try gemm(node, op)
        case let op as Binary: try binary(node, op)
        case let op as IntegerAdd: try pair(node, op.bScale < 0 ? KA_SUBTRACT : KA_ADD, op.output)
        case let op as IntegerMul: try pair(node, KA_MULTIPLY, op.output)
        case is Relu: try clamped(node, 0, .infinity)
        case let op as Clip: try clamped(node, op.low, op.high)
        case let op as Unary: try unary(node, op)
        case let op as Softmax: try softmax(node, op)
        case let op as BatchNormalization: try normalization(node, op)
        case is QuantizeLinear: try convert(node, KA_QUANTIZE)
        case is DequantizeLinear: try convert(node, KA_DEQUANTIZE)
        case let op as MaxPool: try pool(node, KA_MAX_POOL, op.window, countsPadding: false)
        case let op as AveragePool: try pool(node, KA_AVERAGE_POOL, op.window, countsPadding: op.countPadding)
        case let op as IntegerAveragePool: try pool(node, op)
        case let op as Reduce: try reduce(node, op)
        case let op as IntegerGlobalAveragePool: try pool(node, op)
        case is Reshape, is Identity: try reshape(node)
        case let op as Transpose: try transpose(node, op)
        case let op as Concat: try concat(node, op)
        default: throw refusal("Arm NN has no form for it")
        }
    }

    func refusal(_ reason: String) -> KingletError { KingletError(.unsupported, reason) }

    /// Type of value `v` as Arm NN sees it.
    func type(_ v: Int) throws(KingletError) -> ka_tensor { try type(graph.values[v].type, v) }

    /// The same elements, or others quantized like them, in shape `shape`.
    func type(_ v: Int, shape: [Int]) throws(KingletError) -> ka_tensor {
        try type(TensorType(graph.values[v].type.dtype, shape), v)
    }

    private func type(_ type: TensorType, _ v: Int) throws(KingletError) -> ka_tensor {
        try require(
            type.rank >= 1 && type.rank <= Int(KA_RANK) && type.count > 0, .unsupported,
            "Arm NN has no tensors \(type.description)")
        switch type.dtype {
        case .f32: return ka_tensor(type)
        case .i8: return ka_tensor(type, try scale(v))
        default: throw refusal("values of type \(type.dtype.name)")
        }
    }

    func scale(_ v: Int) throws(KingletError) -> Quantization {
        guard let scale = scales[v, graph] else { throw refusal("the scale of '\(graph.values[v].name)' is not known") }
        return scale
    }

    /// The number of value `v`: of an input, of what was emitted, or of a constant, which becomes a layer.
    func number(_ v: Int) throws(KingletError) -> Int32 {
        if let number = net[v] { return number }
        guard let constant = graph.values[v].constant else { preconditionFailure("value that nothing makes") }
        let number = try net.add(KA_CONSTANT, [], try type(v), weights: [.init(tensor: constant)])
        net[v] = number
        return number
    }

    func constant(_ v: Int) throws(KingletError) -> Tensor {
        guard let tensor = graph.values[v].constant else { throw refusal("weights that the graph computes") }
        return tensor
    }

    /// `number` limited to `low ... high`; itself where there are no limits.
    func clamp(_ number: Int32, _ y: ka_tensor, _ low: Float, _ high: Float) throws(KingletError) -> Int32 {
        if low == -.infinity && high == .infinity { return number }
        if low == 0 && high == .infinity {
            return try net.add(KA_ACTIVATION, [number], y) { $0.function = Int32(KA_RELU.rawValue) }
        }
        try require(low.isFinite && high.isFinite && low < high, .unsupported, "limits \(low) … \(high)")
        return try net.add(KA_ACTIVATION, [number], y) { layer in
            layer.function = Int32(KA_BOUNDED.rawValue)
            (layer.a, layer.b) = (high, low)
        }
    }

    /// Limits of integers as limits of what they stand for.
    func clamp(_ number: Int32, _ y: ka_tensor, _ output: IntegerOutput) throws(KingletError) -> Int32 {
        try require(
            output.dtype == .i8 && output.zero == y.zero, .unsupported, "the output is quantized in another way")
        func real(_ q: Int32) -> Float { Float(q - y.zero) * y.scale }
        let low = output.low == -128 ? -.infinity : real(output.low)
        let high = output.high == 127 ? .infinity : real(output.high)
        if low == -.infinity && high < .infinity { return try clamp(number, y, real(-128), high) }
        if low > -.infinity && low != 0 && high == .infinity {
            return try clamp(number, y, low, real(127))
        }
        return try clamp(number, y, low, high)
    }
}
