import Engine

/// One operator with inputs at which its gradient is tried.
struct GradientTrial {
    let name: String
    let op: any DifferentiableOp
    let x: [Tensor]
    let y: [TensorType]
    /// Gradients of the outputs; nil for outputs that carry none.
    let dy: [Tensor?]
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
            k == 0 || op is Split ? try noise.floats(type.shape, -1, 1) : nil
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

    /// Operators with what passes fuse into them.
    static func fused() throws -> [GradientTrial] {
        var noise = IntegerNoise(5)
        func floats(_ shapes: [Int]...) throws -> [Tensor] { try shapes.map { try noise.floats($0, -2, 2) } }
        let kinds: [Binary.Kind] = [.add, .sub, .mul, .min, .max]
        return try kinds.map {
            try GradientTrial("\($0) clamped", Binary($0, low: -0.5, high: 1), floats([3, 4, 5], [3, 1, 5]))
        }.compactMap { $0 }
            + [GradientTrial("add relu", Binary(.add, low: 0), floats([2, 3, 3, 16], [2, 3, 3, 16]))].compactMap { $0 }
            + [5, 24].map { c in
                let one = try floats([2, 3, 2, c], [c], [c], [c])
                let variance = try noise.floats([c], 0.5, 2)
                return try GradientTrial(
                    "BatchNormalization clamped, \(c) channels", BatchNormalization(low: 0, high: 1.5), one + [variance]
                )
            }.compactMap { $0 }
    }
}
