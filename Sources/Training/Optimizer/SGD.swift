/// g ← g + λ w; m ← μ m + g; w ← w - rate · m, or w - rate · (g + μ m) with Nesterov's method (Sutskever et al. 2013).
public final class SGD: Optimizer {
    public let momentum: Float
    public let nesterov: Bool
    public let weightDecay: Float

    public init(momentum: Double = 0.9, nesterov: Bool = false, weightDecay: Double = 5e-4) {
        precondition(momentum >= 0 && momentum < 1 && weightDecay >= 0 && (momentum > 0 || !nesterov))
        self.momentum = Float(momentum)
        self.nesterov = nesterov
        self.weightDecay = Float(weightDecay)
    }

    public var name: String { nesterov ? "nesterov" : "sgd" }
    public var slots: Int { momentum > 0 ? 1 : 0 }

    public func step(_ p: ParameterSlice, rate: Float, time: Int) {
        let (w, g, m) = (p.weights, p.gradients, p.state)
        let decay = p.decays ? weightDecay : 0
        if momentum == 0 {
            for i in 0..<p.count { w[i] -= rate * (g[i] + decay * w[i]) }
        } else if nesterov {
            for i in 0..<p.count {
                let slope = g[i] + decay * w[i]
                let mean = momentum * m[i] + slope
                m[i] = mean
                w[i] -= rate * (slope + momentum * mean)
            }
        } else {
            for i in 0..<p.count {
                let mean = momentum * m[i] + (g[i] + decay * w[i])
                m[i] = mean
                w[i] -= rate * mean
            }
        }
    }
}
