/// y = f(x), element by element, for functions f of one float.
public final class Unary: Op {
    public enum Kind: Sendable {
        /// x < 0 ? α·x : x
        case leakyRelu
        /// x < 0 ? α·(e^x - 1) : x
        case elu
        /// min(max(α·x + β, 0), 1)
        case hardSigmoid
        /// x · min(max(x/6 + 1/2, 0), 1)
        case hardSwish
        case sigmoid
        case tanh
        case exp
        case sqrt
        case neg
        case abs
    }

    public let kind: Kind
    public let alpha: Float
    public let beta: Float

    public init(_ kind: Kind, alpha: Float = 0, beta: Float = 0) {
        self.kind = kind
        self.alpha = alpha
        self.beta = beta
    }

    public var inPlace: Bool { true }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "an elementwise operator")
        try checkType(x[0], [.f32], "an elementwise operator")
        return x
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y, range) = (frame.x[0].f32, frame.y[0].f32, worker.share(of: frame.x[0].count, grain: 16))
        let (alpha, beta) = (F8(repeating: alpha), F8(repeating: beta))
        let (zero, one) = (F8(repeating: 0), F8(repeating: 1))
        switch kind {
        case .leakyRelu:
            @inline(__always) func f(_ v: F8) -> F8 { v.replacing(with: v * alpha, where: v .< zero) }
            map(x, y, range, f)
        case .elu:
            @inline(__always) func f(_ v: F8) -> F8 {
                v.replacing(with: alpha * (Engine.exp(v) - one), where: v .< zero)
            }
            map(x, y, range, f)
        case .hardSigmoid:
            @inline(__always) func f(_ v: F8) -> F8 { clamp(v * alpha + beta, zero, one) }
            map(x, y, range, f)
        case .hardSwish: map(x, y, range, Engine.hardSwish)
        case .sigmoid: map(x, y, range, Engine.sigmoid)
        case .tanh: map(x, y, range, Engine.tanh)
        case .exp: map(x, y, range, Engine.exp)
        case .sqrt: map(x, y, range) { $0.squareRoot() }
        case .neg: map(x, y, range) { zero - $0 }
        case .abs: map(x, y, range) { $0.replacing(with: zero - $0, where: $0 .< zero) }
        }
    }
}

@inline(__always)
func hardSwish(_ x: F8) -> F8 { x * clamp(x * (1.0 / 6) + 0.5, F8(repeating: 0), F8(repeating: 1)) }

private let shapes = [
    OpCase("image", [TensorType(.f32, [2, 5, 7, 3])]),
    OpCase("vector", [TensorType(.f32, [1000])]),
    OpCase("scalar", [TensorType(.f32, [])]),
]

private func plain(_ name: String, _ kind: Unary.Kind) -> OpEntry {
    OpEntry([name], cases: shapes) { _ throws(KingletError) in Unary(kind) }
}

/// An entry for a function with parameters, whose ONNX defaults are `alpha` and `beta`.
private func tuned(_ name: String, _ kind: Unary.Kind, _ attributes: [String], alpha: Float, beta: Float = 0) -> OpEntry
{
    let set = attributes.map { ($0, Attribute.float(0.3)) }
    let cases = shapes + [OpCase("attributes", [TensorType(.f32, [3, 50])], Dictionary(uniqueKeysWithValues: set))]
    return OpEntry([name], attributes: attributes, cases: cases) { spec throws(KingletError) in
        Unary(kind, alpha: try spec.attributes.float("alpha", alpha), beta: try spec.attributes.float("beta", beta))
    }
}

let unaryEntries = [
    tuned("LeakyRelu", .leakyRelu, ["alpha"], alpha: 0.01),
    tuned("Elu", .elu, ["alpha"], alpha: 1),
    tuned("HardSigmoid", .hardSigmoid, ["alpha", "beta"], alpha: 0.2, beta: 0.5),
    plain("HardSwish", .hardSwish),
    plain("Sigmoid", .sigmoid),
    plain("Tanh", .tanh),
    plain("Exp", .exp),
    plain("Sqrt", .sqrt),
    plain("Neg", .neg),
    plain("Abs", .abs),
]
