import CSystem

/// loss = β · KL(p ‖ q) = β Σ_j p[j] (log p[j] - log q[j]), p = softmax(z) of the clean image, q = softmax(z′) of the
/// image under attack (Zhang et al. 2019). It is added to the cross-entropy of the clean image.
/// ∂KL/∂z′ = q - p; ∂KL/∂z = p (log p - log q - KL).
public final class TRADES: Sendable {
    public let beta: Double

    public init(beta: Double = 6) {
        precondition(beta > 0)
        self.beta = beta
    }

    /// The loss of one row; gradients times `weight` are written where asked for, or added to `dz` if `adds`.
    public func row(
        clean z: UnsafePointer<Float>, attacked other: UnsafePointer<Float>, classes: Int, weight: Float,
        toClean dz: UnsafeMutablePointer<Float>?, adds: Bool = false, toAttacked dother: UnsafeMutablePointer<Float>?
    ) -> Double {
        let (total, otherTotal) = (logSumExp(z, classes), logSumExp(other, classes))
        var divergence = 0.0
        for j in 0..<classes {
            let (logP, logQ) = (Double(z[j]) - total, Double(other[j]) - otherTotal)
            divergence += ks_exp(logP) * (logP - logQ)
        }
        let scale = beta * Double(weight)
        for j in 0..<classes {
            let (logP, logQ) = (Double(z[j]) - total, Double(other[j]) - otherTotal)
            let p = ks_exp(logP)
            if let dother { dother[j] = Float(scale * (ks_exp(logQ) - p)) }
            if let dz { dz[j] = (adds ? dz[j] : 0) + Float(scale * p * (logP - logQ - divergence)) }
        }
        return beta * divergence
    }

    /// Sum of the losses of the rows that have a label; `dclean` is added to, `dattacked` written. `correct` counts
    /// rows right under attack.
    public func batch(
        clean: UnsafePointer<Float>, attacked: UnsafePointer<Float>, labels: UnsafePointer<Int32>, rows: Int,
        classes: Int, weight: Float, addingTo dclean: UnsafeMutablePointer<Float>?,
        to dattacked: UnsafeMutablePointer<Float>?
    ) -> LossSums {
        var sums = LossSums()
        for n in 0..<rows {
            let at = n * classes
            guard labels[n] >= 0 else {
                dattacked.map { ($0 + at).update(repeating: 0, count: classes) }
                continue
            }
            sums.loss += row(
                clean: clean + at, attacked: attacked + at, classes: classes, weight: weight,
                toClean: dclean.map { $0 + at }, adds: true, toAttacked: dattacked.map { $0 + at })
            sums.correct += largest(attacked + at, classes) == Int(labels[n]) ? 1 : 0
            sums.rows += 1
        }
        return sums
    }
}
