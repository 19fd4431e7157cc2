import Engine

/// The smallest step across a linearised border, until the model errs (Moosavi-Dezfooli et al. 2016):
/// r ← r + |f| / ‖w‖² · w with f = z[k] - z[label], w = ∂f/∂x for the class k whose border is nearest, |f| / ‖w‖;
/// x′ = x + (1 + overshoot) r. The result is put into the L∞ ball of ε and onto the grid at the end.
public final class DeepFool: Attack {
    public struct Settings: Sendable, Equatable {
        /// 255: no bound.
        public var epsilon: Float = 255
        public var steps = 50
        public var overshoot: Float = 0.02
        /// Only the borders to this many classes of largest logits are looked at.
        public var candidates = 10
        public var targeted = false
        public var grid = true

        public init() {}
    }

    public let settings: Settings
    public var epsilon: Float
    public let bytes: Int
    let batch: Int
    let pixels: Int
    let classes: Int
    let candidates: Int
    private let storage: Storage
    /// r and the nearest border's w [batch, pixels].
    let total: UnsafeMutablePointer<Float>
    let nearest: UnsafeMutablePointer<Float>
    /// Logits and their gradients [batch, classes].
    let logits: UnsafeMutablePointer<Float>
    let dlogits: UnsafeMutablePointer<Float>
    /// |f| / ‖w‖ and |f| / ‖w‖² of the nearest border [batch].
    let distance: UnsafeMutablePointer<Float>
    let stretch: UnsafeMutablePointer<Float>
    /// Classes whose borders are looked at [batch, candidates], and whether a row is finished [batch].
    let order: UnsafeMutablePointer<Int32>
    let done: UnsafeMutablePointer<Int32>

    public init(_ settings: Settings, batch: Int, pixels: Int, classes: Int) throws(KingletError) {
        precondition(settings.steps > 0 && settings.candidates > 0 && settings.overshoot >= 0)
        try require(classes > 1, .unsupported, "DeepFool needs two classes, the model has \(classes)")
        (self.settings, epsilon) = (settings, settings.epsilon)
        (self.batch, self.pixels, self.classes) = (batch, pixels, classes)
        candidates = settings.targeted ? 1 : min(settings.candidates, classes - 1)
        bytes = 4 * batch * (2 * pixels + 2 * classes + 3 + candidates)
        storage = try Storage(bytes: bytes)
        total = storage.base.assumingMemoryBound(to: Float.self)
        nearest = total + batch * pixels
        logits = nearest + batch * pixels
        dlogits = logits + batch * classes
        distance = dlogits + batch * classes
        stretch = distance + batch
        order = (storage.base + 4 * batch * (2 * pixels + 2 * classes + 2)).assumingMemoryBound(to: Int32.self)
        done = order + batch * candidates
    }

    public func perturb(_ b: AttackBatch, to adversarial: UnsafeMutablePointer<Float>, model: any AttackedModel) {
        assert(model.batch == batch && model.pixels == pixels && model.classes == classes)
        let x = adversarial
        x.update(from: b.x, count: batch * pixels)
        total.update(repeating: 0, count: batch * pixels)
        for n in 0..<batch { done[n] = b.labels[n] < 0 ? 1 : 0 }
        for step in 0..<settings.steps {
            logits.update(from: model.forward(x), count: batch * classes)
            if finish(b) { break }
            if step == 0 { rank(b) }
            distance.update(repeating: .infinity, count: batch)
            for candidate in 0..<candidates {
                if candidate > 0 { _ = model.forward(x) }
                slopes(b, candidate)
                look(b, candidate, model.gradient(dlogits))
            }
            for n in 0..<batch where done[n] == 0 && distance[n] < .infinity {
                let (r, w) = (total + n * pixels, nearest + n * pixels)
                for i in 0..<pixels { r[i] += stretch[n] * w[i] }
                place(b, n, 1, x)
            }
        }
        settle(b, x, model)
    }

    /// Brings the results into the ball and onto the grid. A perturbation that rounding has undone is stretched
    /// until it works again.
    private func settle(_ b: AttackBatch, _ x: UnsafeMutablePointer<Float>, _ model: any AttackedModel) {
        for n in 0..<batch {
            done[n] = b.labels[n] < 0 ? 1 : 0
            if done[n] == 0 { bound(b, n, x) }
        }
        guard settings.grid else { return }
        var factor: Float = 1.25
        while factor < 10 {
            logits.update(from: model.logits(x), count: batch * classes)
            if finish(b) { return }
            for n in 0..<batch where done[n] == 0 {
                place(b, n, factor, x)
                bound(b, n, x)
            }
            factor *= 1.5
        }
    }
}
