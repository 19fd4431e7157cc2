import CSystem
import Engine

/// A rule that turns gradients into new weights. Each weight is updated by itself, so workers may share a slice.
public protocol Optimizer: AnyObject, Sendable {
    /// As on the command line.
    var name: String { get }
    /// Floats of state per weight, 0 before the first step.
    var slots: Int { get }
    /// One update of `p` at learning rate `rate`; `time` counts updates from 1.
    func step(_ p: ParameterSlice, rate: Float, time: Int)
}

/// Some weights, their gradients and the optimizer's state.
public struct ParameterSlice {
    public let weights: UnsafeMutablePointer<Float>
    public let gradients: UnsafeMutablePointer<Float>
    /// Slot k of weight i is state[k · stride + i].
    public let state: UnsafeMutablePointer<Float>
    public let stride: Int
    public let count: Int
    /// Weight decay applies: not for BatchNormalization and biases.
    public let decays: Bool

    public init(
        weights: UnsafeMutablePointer<Float>, gradients: UnsafeMutablePointer<Float>,
        state: UnsafeMutablePointer<Float>, stride: Int, count: Int, decays: Bool
    ) {
        (self.weights, self.gradients, self.state) = (weights, gradients, state)
        (self.stride, self.count, self.decays) = (stride, count, decays)
    }

    /// The weights in `range`, such as a worker's share.
    public func part(_ range: Range<Int>) -> ParameterSlice {
        let i = range.lowerBound
        return ParameterSlice(
            weights: weights + i, gradients: gradients + i, state: state + i, stride: stride, count: range.count,
            decays: decays)
    }
}

/// Scales all gradients by min(1, limit / (‖g‖ + 10⁻⁶)) and returns ‖g‖₂ as it was: the sum runs in order, on one
/// worker. A norm that is not finite leaves the gradients as they are.
public func clipGradients(_ slices: [ParameterSlice], to limit: Float) -> Double {
    var sum = 0.0
    for p in slices { for i in 0..<p.count { sum += Double(p.gradients[i]) * Double(p.gradients[i]) } }
    let norm = ks_sqrt(sum)
    guard norm.isFinite, Double(limit) < norm + 1e-6 else { return norm }
    let scale = Float(Double(limit) / (norm + 1e-6))
    for p in slices { for i in 0..<p.count { p.gradients[i] *= scale } }
    return norm
}

/// `sgd[:MOMENTUM]`, `nesterov[:MOMENTUM]` or `adamw`. Without `weightDecay`: 5·10⁻⁴ for SGD, 10⁻² for AdamW.
public func optimizer(_ text: String, weightDecay: Double? = nil) throws(KingletError) -> any Optimizer {
    let accepted = "give sgd, sgd:MOMENTUM, nesterov, nesterov:MOMENTUM or adamw"
    if let weightDecay {
        try require(
            weightDecay >= 0 && weightDecay < 1, .usage, "weight decay \(Decimal.text(weightDecay)) is not in 0 … 1")
    }
    let parts = Decimal.split(text, at: UInt8(ascii: ":"))
    let momentum = parts.count == 2 ? Decimal.number(parts[1]) : 0.9
    guard let momentum, momentum >= 0, momentum < 1, parts.count <= 2 else {
        throw KingletError(.usage, "momentum in '\(text)' is not a number from 0 to below 1; \(accepted)")
    }
    switch parts[0] {
    case "sgd": return SGD(momentum: momentum, weightDecay: weightDecay ?? 5e-4)
    case "nesterov":
        try require(momentum > 0, .usage, "Nesterov's method needs a momentum above 0")
        return SGD(momentum: momentum, nesterov: true, weightDecay: weightDecay ?? 5e-4)
    case "adamw" where parts.count == 1: return AdamW(weightDecay: weightDecay ?? 1e-2)
    default: throw KingletError(.usage, "unknown optimizer '\(text)': \(accepted)")
    }
}
