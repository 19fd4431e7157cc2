import CSystem

/// w ← (1 - rate · λ) w; m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²;
/// w ← w - rate · (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + ε), t = `time` (Loshchilov, Hutter 2019).
public final class AdamW: Optimizer {
    public let beta1: Double
    public let beta2: Double
    public let epsilon: Double
    public let weightDecay: Double

    public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 1e-2) {
        precondition(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0 && weightDecay >= 0)
        (self.beta1, self.beta2, self.epsilon, self.weightDecay) = (beta1, beta2, epsilon, weightDecay)
    }

    public var name: String { "adamw" }
    public var slots: Int { 2 }

    public func step(_ p: ParameterSlice, rate: Float, time: Int) {
        let (w, g, m, v) = (p.weights, p.gradients, p.state, p.state + p.stride)
        let kept = p.decays ? Float(1 - Double(rate) * weightDecay) : 1
        let (b1, b2, small) = (Float(1 - beta1), Float(1 - beta2), Float(epsilon))
        let size = Float(Double(rate) / (1 - ks_pow(beta1, Double(time))))
        let root = Float(1 / ks_sqrt(1 - ks_pow(beta2, Double(time))))
        for i in 0..<p.count {
            let mean = m[i] + b1 * (g[i] - m[i])
            let square = v[i] + b2 * (g[i] * g[i] - v[i])
            m[i] = mean
            v[i] = square
            w[i] = w[i] * kept - size * mean / (square.squareRoot() * root + small)
        }
    }
}
