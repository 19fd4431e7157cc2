/// QuantizeLinear, then DequantizeLinear of the same scale, become FakeQuantize: a quantized network in floats, through
/// which gradients pass. The result differs from the integer operators' by rounding only.
public final class SimulateQuantization: Pass {
    public init() {}
    public var name: String { "SimulateQuantization" }

    public func apply(_ graph: inout Graph) {
        let producers = graph.producers()
        for i in graph.nodes.indices {
            guard let up = graph.nodes[i].op as? DequantizeLinear, let p = producers[graph.nodes[i].inputs[0]],
                let down = graph.nodes[p].op as? QuantizeLinear, down.scale == up.scale, up.scale.dtype != .i32
            else { continue }
            graph.nodes[i].op = FakeQuantize(up.scale)
            graph.nodes[i].kind = "FakeQuantize"
            graph.nodes[i].inputs = [graph.nodes[p].inputs[0]]
        }
    }
}

/// DequantizeLinear of constants makes room for training: int8 weights become floats that pass through FakeQuantize, an
/// int32 bias becomes floats. The floats keep the origin of the integers that they stand for.
public final class TrainableWeights: Pass {
    public init() {}
    public var name: String { "TrainableWeights" }

    public func apply(_ graph: inout Graph) throws(KingletError) {
        var dead = [Bool](repeating: false, count: graph.nodes.count)
        let isOutput = graph.isOutput()
        for i in graph.nodes.indices {
            let (node, y) = (graph.nodes[i], graph.nodes[i].outputs[0])
            guard let up = node.op as? DequantizeLinear, let tensor = graph.values[node.inputs[0]].constant,
                !isOutput[y]
            else { continue }
            let old = graph.values[node.inputs[0]]
            let floats = try FoldDequantized.floats(tensor, up)
            if up.scale.dtype == .i32 {
                (graph.values[y].constant, graph.values[y].origin) = (floats, old.origin)
                dead[i] = true
            } else {
                let w = graph.add(
                    Graph.Value(
                        name: old.name + ".float", type: floats.type, order: old.order, constant: floats,
                        origin: old.origin))
                graph.nodes[i] = Graph.Node(
                    name: node.name, kind: "FakeQuantize", op: FakeQuantize(up.scale), inputs: [w], outputs: [y])
            }
        }
        graph.drop(dead)
    }
}

/// How a constant of a quantized model is stored, by the initializer's name: what trained floats are written back as.
public struct QuantizedWeight: Sendable {
    public let origin: String
    private let type: TensorType
    private let scale: ScaleAxis

    /// `weights`: in the stored order of the graph that this was found in.
    public func quantize(_ weights: Tensor) throws(KingletError) -> Tensor {
        try require(
            weights.type == TensorType(.f32, type.shape), .shape,
            "'\(origin)' is \(type.description), got \(weights.type.description)")
        let (low, high): (Float, Float) =
            switch scale.dtype {
            case .i8: (-128, 127)
            case .u8: (0, 255)
            // Floats end here before integers do.
            default: (-2_147_483_520, 2_147_483_520)
            }
        let (inner, count) = scale.runs(type.shape)
        let result = try Tensor(zeros: type)
        for i in 0..<weights.count {
            let c = i / inner % count
            let steps = (weights.float(i) / scale.scales[c]).rounded(.toNearestOrEven) + Float(scale.zeros[c])
            let q = Int32(steps.isNaN ? 0 : max(low, min(high, steps)))
            switch scale.dtype {
            case .i8: result.base.storeBytes(of: Int8(q), toByteOffset: i, as: Int8.self)
            case .u8: result.base.storeBytes(of: UInt8(q), toByteOffset: i, as: UInt8.self)
            default: result.base.storeBytes(of: q, toByteOffset: i * 4, as: Int32.self)
            }
        }
        return result
    }

    fileprivate init(origin: String, type: TensorType, scale: ScaleAxis) {
        (self.origin, self.type, self.scale) = (origin, type, scale)
    }
}

extension Graph {
    /// The constants that DequantizeLinear reads, before `TrainableWeights` changes them.
    public func quantizedWeights() -> [QuantizedWeight] {
        nodes.compactMap { node in
            guard let op = node.op as? DequantizeLinear, let v = node.inputs.first, values[v].constant != nil,
                let origin = values[v].origin
            else { return nil }
            return QuantizedWeight(origin: origin, type: values[v].type, scale: op.scale)
        }
    }
}
