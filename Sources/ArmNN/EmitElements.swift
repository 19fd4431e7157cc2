import CArmNN
import Engine

/// Operators that go element by element, and normalisations.
extension Emitter {
    func binary(_ node: Graph.Node, _ op: Binary) throws(KingletError) {
        let kind: ka_kind
        switch op.kind {
        case .add: kind = KA_ADD
        case .sub: kind = KA_SUBTRACT
        case .mul: kind = KA_MULTIPLY
        default: throw refusal("Arm NN has no form for it")
        }
        let y = try type(node.outputs[0])
        net[node.outputs[0]] = try clamp(try pair(node, kind, y), y, op.low, op.high)
    }

    func pair(_ node: Graph.Node, _ kind: ka_kind, _ output: IntegerOutput) throws(KingletError) {
        let y = try type(node.outputs[0])
        net[node.outputs[0]] = try clamp(try pair(node, kind, y), y, output)
    }

    /// Arm NN broadcasts between operands of equal rank.
    private func pair(_ node: Graph.Node, _ kind: ka_kind, _ y: ka_tensor) throws(KingletError) -> Int32 {
        try require(node.inputs.count == 2, .unsupported, "\(node.inputs.count) operands")
        var operands: [Int32] = []
        for v in node.inputs {
            let shape = graph.values[v].type.shape
            let number = try number(v)
            let wide = [Int](repeating: 1, count: max(0, Int(y.rank) - shape.count)) + shape
            operands.append(try reshaped(number, try type(v), to: try type(v, shape: wide)))
        }
        return try net.add(kind, operands, y)
    }

    func clamped(_ node: Graph.Node, _ low: Float, _ high: Float) throws(KingletError) {
        try require(graph.values[node.inputs[0]].type.dtype == .f32, .unsupported, "limits of integers")
        net[node.outputs[0]] = try clamp(try number(node.inputs[0]), try type(node.outputs[0]), low, high)
    }

    func unary(_ node: Graph.Node, _ op: Unary) throws(KingletError) {
        let function: ka_function
        switch op.kind {
        case .sigmoid: function = KA_SIGMOID
        case .tanh: function = KA_TANH
        case .leakyRelu: function = KA_LEAKY_RELU
        case .elu: function = KA_ELU
        case .hardSwish: function = KA_HARD_SWISH
        case .abs: function = KA_ABS
        case .sqrt: function = KA_SQRT
        default: throw refusal("Arm NN has no form for it")
        }
        let y = try type(node.outputs[0])
        net[node.outputs[0]] = try net.add(KA_ACTIVATION, [try number(node.inputs[0])], y) { layer in
            layer.function = Int32(function.rawValue)
            (layer.a, layer.b) = op.kind == .tanh ? (1, 1) : (op.alpha, 0)
        }
    }

    func softmax(_ node: Graph.Node, _ op: Softmax) throws(KingletError) {
        let (x, y) = (node.inputs[0], node.outputs[0])
        let shape = graph.values[x].type.shape
        try require(!op.log && op.axes == [shape.count - 1], .unsupported, "only Softmax over the last axis")
        let flat = [shape.dropLast().reduce(1, *), shape[shape.count - 1]]
        let rows = try reshaped(try number(x), try type(x), to: try type(x, shape: flat))
        let number = try net.add(KA_SOFTMAX, [rows], try type(y, shape: flat))
        net[y] = try reshaped(number, try type(y, shape: flat), to: try type(y))
    }

    func normalization(_ node: Graph.Node, _ op: BatchNormalization) throws(KingletError) {
        try require(graph.values[node.inputs[0]].type.rank == 4, .unsupported, "only of images")
        var weights: [Net.Weights] = []
        for v in node.inputs[1...] { weights.append(.init(tensor: try constant(v))) }
        let y = try type(node.outputs[0])
        let number = try net.add(KA_BATCH_NORM, [try number(node.inputs[0])], y, weights: weights) {
            $0.epsilon = op.epsilon
        }
        net[node.outputs[0]] = try clamp(number, y, op.low, op.high)
    }

    /// Between float and int8.
    func convert(_ node: Graph.Node, _ kind: ka_kind) throws(KingletError) {
        net[node.outputs[0]] = try net.add(kind, [try number(node.inputs[0])], try type(node.outputs[0]))
    }
}
