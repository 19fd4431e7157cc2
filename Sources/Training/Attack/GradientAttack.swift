import Engine

/// x′ ← project(x′ + α · direction(∂loss/∂x′)), `steps` times from a start near x; direction is the sign in L∞ and
/// g / ‖g‖ in L2. One step is FGSM (Goodfellow et al. 2015), several are PGD (Madry et al. 2018).
public final class GradientAttack: Attack {
    public struct Settings: Sendable, Equatable {
        public var norm = Norm.max
        public var epsilon: Float
        public var steps = 1
        /// α as a multiple of ε.
        public var alpha: Float = 1
        public var start = Start.image
        /// Whether x′ has to lie in the ball around x.
        public var projects = true
        public var objective = Objective.crossEntropy
        /// Of several runs from different starts the first that fools the model is kept for each image, or the one of
        /// highest loss.
        public var restarts = 1
        /// `labels` say what the images shall be taken for.
        public var targeted = false
        /// The result has whole numbers.
        public var grid = true

        public init(epsilon: Float) { self.epsilon = epsilon }
    }

    public enum Start: Sendable, Equatable {
        case image
        /// Uniform noise, up to this multiple of ε: L∞; in L2 a random direction and a uniform length up to that.
        case uniform(Float)
        /// Normal noise of this standard deviation in pixels.
        case normal(Float)
    }

    public let settings: Settings
    public var epsilon: Float
    public let bytes: Int
    let pixels: Int
    let classes: Int
    let batch: Int
    private let storage: Storage
    let loss: any Loss
    let divergence = TRADES(beta: 1)
    /// [batch, classes].
    let dlogits: UnsafeMutablePointer<Float>
    /// Logits of the images themselves [batch, classes], for the divergence.
    let clean: UnsafeMutablePointer<Float>
    /// Where restarts are tried [batch, pixels], and how good the best was [batch].
    private let trial: UnsafeMutablePointer<Float>
    private let best: UnsafeMutablePointer<Float>

    public init(_ settings: Settings, batch: Int, pixels: Int, classes: Int) throws(KingletError) {
        precondition(settings.steps > 0 && settings.restarts > 0 && settings.restarts <= 1024)
        precondition(settings.projects || !settings.grid, "only a ball is rounded in")
        (self.settings, epsilon) = (settings, settings.epsilon)
        (self.batch, self.pixels, self.classes) = (batch, pixels, classes)
        loss = settings.objective == .margin ? MarginLoss() : CrossEntropy()
        let again = settings.restarts > 1
        let floats = [batch * classes, batch * classes, again ? batch * pixels : 0, batch]
        bytes = 4 * (floats[0] + floats[1] + floats[2] + floats[3])
        storage = try Storage(bytes: bytes)
        dlogits = storage.base.assumingMemoryBound(to: Float.self)
        clean = dlogits + floats[0]
        trial = clean + floats[1]
        best = trial + floats[2]
    }

    public func perturb(_ b: AttackBatch, to adversarial: UnsafeMutablePointer<Float>, model: any AttackedModel) {
        assert(model.batch == batch && model.pixels == pixels && model.classes == classes)
        if settings.objective == .divergence { clean.update(from: model.logits(b.x), count: batch * classes) }
        if settings.restarts == 1 { return climb(b, 0, adversarial, model) }
        best.update(repeating: -.infinity, count: batch)
        for restart in 0..<settings.restarts {
            climb(b, restart, trial, model)
            if keep(b, model.logits(trial), adversarial) { return }
        }
    }

    /// One run from one start.
    private func climb(_ b: AttackBatch, _ restart: Int, _ x: UnsafeMutablePointer<Float>, _ model: any AttackedModel) {
        x.update(from: b.x, count: batch * pixels)
        for n in 0..<batch where b.labels[n] >= 0 {
            var noise = b.noise(n, restart)
            begin(b.x + n * pixels, x + n * pixels, &noise)
        }
        for _ in 0..<settings.steps {
            slopes(b, model.forward(x))
            let g = model.gradient(dlogits)
            for n in 0..<batch where b.labels[n] >= 0 {
                step(b.x + n * pixels, x + n * pixels, g + n * pixels)
            }
        }
        guard settings.grid else { return }
        for n in 0..<batch where b.labels[n] >= 0 {
            ball(b.x + n * pixels).round(x + n * pixels)
        }
    }

    func ball(_ x: UnsafePointer<Float>) -> Ball {
        Ball(x: x, pixels: pixels, norm: settings.norm, epsilon: epsilon)
    }

    /// Copies the rows of `trial` that are better than what `adversarial` has. Whether all rows fool the model.
    private func keep(
        _ b: AttackBatch, _ logits: UnsafePointer<Float>, _ adversarial: UnsafeMutablePointer<Float>
    ) -> Bool {
        var all = true
        for n in 0..<batch where best[n] < .infinity {
            let label = Int(b.labels[n])
            var score = Float.infinity
            if label >= 0 {
                let z = logits + n * classes
                let fooled = (largest(z, classes) == label) == settings.targeted
                if !fooled {
                    let value = loss.row(z, classes: classes, label: label, weight: 1, to: nil)
                    score = value.isNaN ? -Float.greatestFiniteMagnitude : Float(settings.targeted ? -value : value)
                    all = false
                }
            }
            guard score > best[n] else { continue }
            best[n] = score
            (adversarial + n * pixels).update(from: trial + n * pixels, count: pixels)
        }
        return all
    }
}
