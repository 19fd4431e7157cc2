import CSystem

/// loss = (1 - s) (log Σ_j exp z[j] - z[label]) + s (log Σ_j exp z[j] - mean z): cross-entropy with the share s of each
/// label spread evenly over all classes (Szegedy et al. 2016). ∂loss/∂z = softmax(z) - (1 - s) [label] - s / classes.
public final class CrossEntropy: Loss {
    public let smoothing: Double

    public init(smoothing: Double = 0) {
        precondition(smoothing >= 0 && smoothing < 1)
        self.smoothing = smoothing
    }

    public func row(
        _ z: UnsafePointer<Float>, classes: Int, label: Int, weight: Float, to dz: UnsafeMutablePointer<Float>?
    ) -> Double {
        let total = logSumExp(z, classes)
        let spread = smoothing / Double(classes)
        if let dz {
            // The gradients of a row add up to 0. softmax - 1 itself would be lost where the model is very sure.
            var others = 0.0
            for j in 0..<classes where j != label {
                let slope = ks_exp(Double(z[j]) - total) - spread
                others += slope
                dz[j] = Float(Double(weight) * slope)
            }
            dz[label] = Float(-Double(weight) * others)
        }
        var loss = (1 - smoothing) * (total - Double(z[label]))
        if smoothing > 0 { for j in 0..<classes { loss += spread * (total - Double(z[j])) } }
        return loss
    }
}
