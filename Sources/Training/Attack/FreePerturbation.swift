import Engine

/// δ ← clip(δ + ε sign(∂loss/∂x′), -ε, ε), x′ = clip(x + δ, 0, 255): the perturbation of free adversarial training,
/// which outlives its batch (Shafahi et al. 2019). Each batch is trained on M times; the backward run that gives the
/// gradients of the weights gives that of x′ too.
public final class FreePerturbation {
    public let batch: Int
    public let pixels: Int
    private let storage: Storage

    /// δ [batch, pixels], for checkpoints; 0 at first.
    public var delta: UnsafeMutablePointer<Float> { storage.base.assumingMemoryBound(to: Float.self) }

    public init(batch: Int, pixels: Int) throws(KingletError) {
        (self.batch, self.pixels) = (batch, pixels)
        storage = try Storage(bytes: 4 * batch * pixels)
    }

    /// x′ of the rows in `rows`, a part of the batch, whose first is x[0].
    public func apply(_ x: UnsafePointer<Float>, rows: Range<Int>, to adversarial: UnsafeMutablePointer<Float>) {
        let d = delta + rows.lowerBound * pixels
        for i in 0..<rows.count * pixels { adversarial[i] = clip(x[i] + d[i]) }
    }

    /// The next δ of the same rows.
    public func update(_ gradient: UnsafePointer<Float>, rows: Range<Int>, epsilon: Float) {
        let d = delta + rows.lowerBound * pixels
        for i in 0..<rows.count * pixels {
            d[i] = min(max(d[i] + epsilon * sign(gradient[i]), -epsilon), epsilon)
        }
    }
}
