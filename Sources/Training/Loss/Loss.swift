import CSystem

/// A loss of one row of logits. Losses of a batch are sums over rows, so that micro-batches add up to their batch.
public protocol Loss: AnyObject, Sendable {
    /// The loss of z [classes] for `label`; dz = weight · ∂loss/∂z is written unless nil.
    func row(
        _ z: UnsafePointer<Float>, classes: Int, label: Int, weight: Float, to dz: UnsafeMutablePointer<Float>?
    ) -> Double
}

/// What the rows of a batch that have a label add up to.
public struct LossSums: Sendable, Equatable {
    /// Sum of the rows' losses, not weighted.
    public var loss = 0.0
    public var correct = 0
    public var rows = 0

    public init() {}

    public static func += (a: inout LossSums, b: LossSums) {
        a.loss += b.loss
        a.correct += b.correct
        a.rows += b.rows
    }

    public var meanLoss: Double { rows > 0 ? loss / Double(rows) : 0 }
    public var accuracy: Double { rows > 0 ? Double(correct) / Double(rows) : 0 }
}

extension Loss {
    /// dlogits = weight · ∂(sum of losses)/∂logits [rows, classes]. `weight` is 1 / (rows with a label in the whole
    /// batch). A row labelled -1 counts nothing and gets the gradient 0.
    public func batch(
        _ logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, rows: Int, classes: Int, weight: Float,
        to dlogits: UnsafeMutablePointer<Float>?
    ) -> LossSums {
        var sums = LossSums()
        for n in 0..<rows {
            let (z, dz) = (logits + n * classes, dlogits.map { $0 + n * classes })
            let label = Int(labels[n])
            guard label >= 0 else {
                dz?.update(repeating: 0, count: classes)
                continue
            }
            assert(label < classes)
            sums.loss += row(z, classes: classes, label: label, weight: weight, to: dz)
            sums.correct += largest(z, classes) == label ? 1 : 0
            sums.rows += 1
        }
        return sums
    }
}

/// argmax_j z[j], the first of equals; -1 where z is not a number.
@inline(__always)
public func largest(_ z: UnsafePointer<Float>, _ classes: Int) -> Int {
    var best = 0
    for j in 0..<classes {
        if z[j].isNaN { return -1 }
        if z[j] > z[best] { best = j }
    }
    return best
}

/// argmax_{j ≠ label} z[j]; two classes at least.
@inline(__always)
func largestOther(_ z: UnsafePointer<Float>, _ classes: Int, than label: Int) -> Int {
    var best = label == 0 ? 1 : 0
    for j in 0..<classes where j != label && z[j] > z[best] { best = j }
    return best
}

/// log Σ_j exp z[j].
@inline(__always)
func logSumExp(_ z: UnsafePointer<Float>, _ classes: Int) -> Double {
    var top = z[0]
    for j in 0..<classes { top = max(top, z[j]) }
    var sum = 0.0
    for j in 0..<classes { sum += ks_exp(Double(z[j]) - Double(top)) }
    return Double(top) + ks_log(sum)
}

/// p[j] = exp z[j] / Σ_i exp z[i]; p may be z.
public func softmax(_ z: UnsafePointer<Float>, _ classes: Int, to p: UnsafeMutablePointer<Float>) {
    let total = logSumExp(z, classes)
    for j in 0..<classes { p[j] = Float(ks_exp(Double(z[j]) - total)) }
}
