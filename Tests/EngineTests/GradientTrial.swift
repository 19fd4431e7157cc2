import Engine

/// One operator with inputs at which its gradient is tried.
struct GradientTrial {
    let name: String
    let op: any DifferentiableOp
    let x: [Tensor]
    let y: [TensorType]
    /// Gradients of the outputs; nil for outputs that carry none.
    var dy: [Tensor?]
    /// Inputs that can have a gradient.
    let floats: [Int]

    /// nil where gradients cannot pass.
    init?(_ name: String, _ op: any Op, _ x: [Tensor]) throws {
        guard let gradient = op.gradient else { return nil }
        let y = try op.infer(x.map { $0.type })
        let floats = x.indices.filter { [.f32, .f64].contains(x[$0].type.dtype) }
        guard [.f32, .f64].contains(y[0].dtype), !floats.isEmpty else { return nil }
        var noise = IntegerNoise(77)
        self.dy = try y.enumerated().map { k, type in
            k == 0 || op is Split || op is FoldBatchNorm ? try noise.floats(type.shape, -1, 1) : nil
        }
        (self.name, self.op, self.x, self.y, self.floats) = (name, gradient, x, y, floats)
    }

    /// A case of the registry, with inputs where the operator has a slope.
    init?(_ entry: OpEntry, _ test: OpCase) throws {
        let trial = try Trial(entry, test)
        let x = try trial.x.enumerated().map { i, tensor in
            guard tensor.type.dtype == .f32, !trial.weights.contains(i) || test.constants[i] == nil else {
                return tensor
            }
            return try Tensor(tensor.floats.map { GradientTrial.moved($0, entry.names[0], i) }, shape: tensor.shape)
        }
        try self.init(trial.name, trial.op, x)
    }

    /// Away from where a function has no value or grows without bound.
    private static func moved(_ v: Float, _ name: String, _ input: Int) -> Float {
        switch (name, input) {
        case ("Sqrt", 0), ("Pow", 0), ("BatchNormalization", 4): abs(v) + 0.5
        case ("Div", 1): v < 0 ? v - 0.5 : v + 0.5
        default: v
        }
    }

    /// Straight through: dx is wanted of input 0 whatever its type, and slopes say nothing.
    init(straight name: String, _ op: any DifferentiableOp, _ x: Tensor) throws {
        var noise = IntegerNoise(77)
        (self.name, self.op, self.x, floats) = (name, op, [x], [0])
        y = try op.infer([x.type])
        dy = [try noise.floats(x.shape, -1, 1)]
    }

    /// Operators that passes make.
    static func made() throws -> [GradientTrial] {
        var noise = IntegerNoise(5)
        var list: [GradientTrial?] = []
        func floats(_ shapes: [Int]..., low: Float = -2) throws -> [Tensor] {
            try shapes.map { try noise.floats($0, low, 2) }
        }
        for kind in [Binary.Kind.add, .sub, .mul, .min, .max] {
            let x = try floats([3, 4, 5], [3, 1, 5])
            list.append(try GradientTrial("\(kind) clamped", Binary(kind, low: -0.5, high: 1), x))
        }
        list.append(try GradientTrial("add relu", Binary(.add, low: 0), floats([2, 3, 3, 16], [2, 3, 3, 16])))
        list.append(try GradientTrial("MatMul biased", MatMul(), floats([2, 3, 4, 5], [5, 6], [6])))
        for c in [5, 24] {
            let x = try floats([2, 3, 2, c], [c], [c], [c]) + floats([c], low: 0.5)
            let norm = BatchNormalization(low: 0, high: 1.5)
            list.append(try GradientTrial("BatchNormalization clamped, \(c) channels", norm, x))
            for (low, high) in [(-Float.infinity, Float.infinity), (0, 1)] {
                let training = BatchNormalizationTraining(epsilon: 1e-3, low: low, high: high)
                let name = "BatchNormalizationTraining up to \(high), \(c) channels"
                list.append(try GradientTrial(name, training, Array(x[..<3])))
            }
        }
        for (axis, shape) in [(0, [6, 3, 3, 5]), (1, [7, 20])] {
            let c = [shape[axis]]
            let x = try floats(shape, c, c, c, c) + floats(c, low: 0.5)
            list.append(try GradientTrial("FoldBatchNorm \(axis)", FoldBatchNorm(axis: axis, epsilon: 1e-3), x))
        }
        return list.compactMap { $0 }
    }
}
