import Engine

/// What happens to one micro-batch in a training step: pictures are attacked, and the gradients of the loss are added up.
final class TrainingPass {
    /// Optimizer steps on each batch.
    let replays: Int
    private let model: SessionModel
    private let settings: Trainer.Settings
    private let loss: CrossEntropy
    private let attack: (any Attack)?
    private let trades: TRADES?
    private let free: FreePerturbation?
    private let storage: Storage
    /// Pictures under attack [batch, pixels].
    private let attacked: UnsafeMutablePointer<Float>
    /// [batch, classes], for TRADES.
    private let clean: UnsafeMutablePointer<Float>
    private let dclean: UnsafeMutablePointer<Float>

    init(_ model: SessionModel, _ settings: Trainer.Settings) throws(KingletError) {
        (self.model, self.settings) = (model, settings)
        let spec = settings.attack
        loss = CrossEntropy(smoothing: settings.smoothing)
        replays = spec.kind == .free ? spec.steps : 1
        // A set that was attacked beforehand is trained on as it is.
        attack =
            spec.kind == .fixed ? nil : try spec.make(epsilon: settings.epsilon, model: model, evaluating: false)
        trades = spec.kind == .trades ? TRADES(beta: spec.beta) : nil
        free = spec.kind == .free ? try FreePerturbation(batch: settings.batch, pixels: model.pixels) : nil
        let changes = attack != nil || free != nil
        let (floats, rows) = (changes ? model.batch * model.pixels : 0, trades == nil ? 0 : model.batch * model.classes)
        storage = try Storage(bytes: (floats + 2 * rows) * 4)
        attacked = storage.base.assumingMemoryBound(to: Float.self)
        clean = attacked + floats
        dclean = clean + rows
    }

    var bytes: Int { storage.bytes + (attack?.bytes ?? 0) + carried.count * 4 }

    /// What is carried from step to step.
    var carried: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: free?.delta, count: free.map { $0.batch * $0.pixels } ?? 0)
    }

    /// The micro-batch that begins at picture `first` of the batch. `reach`: ε's share of its full size.
    func run(
        _ x: UnsafePointer<Float>, _ labels: UnsafePointer<Int32>, _ images: UnsafePointer<UInt64>, seed: UInt64,
        weight: Float, reach: Double, first: Int, count: Int
    ) -> LossSums {
        if let free { return replay(free, x, labels, weight: weight, reach: reach, rows: first..<first + count) }
        var source = x
        if let attack, reach > 0 {
            attack.epsilon = settings.attack.reach(settings.epsilon).pixels * Float(reach)
            attack.perturb(
                AttackBatch(x: x, labels: labels, images: images, seed: seed), to: attacked, model: model)
            source = UnsafePointer(attacked)
        }
        if let trades { return contrast(trades, x, source, labels, weight) }
        let sums = descend(model.run(.weights, source), labels, weight)
        model.session.backward(.weights)
        return sums
    }

    private func descend(_ logits: UnsafePointer<Float>, _ labels: UnsafePointer<Int32>, _ weight: Float) -> LossSums {
        loss.batch(
            logits, labels: labels, rows: model.batch, classes: model.classes, weight: weight, to: model.session.dlogits
        )
    }

    /// Cross-entropy of the clean picture and the divergence under attack; each way back needs its own way forward.
    private func contrast(
        _ trades: TRADES, _ x: UnsafePointer<Float>, _ attacked: UnsafePointer<Float>, _ labels: UnsafePointer<Int32>,
        _ weight: Float
    ) -> LossSums {
        let (rows, classes, session) = (model.batch, model.classes, model.session)
        clean.update(from: model.logits(x), count: rows * classes)
        var sums = loss.batch(clean, labels: labels, rows: rows, classes: classes, weight: weight, to: dclean)
        let more = trades.batch(
            clean: clean, attacked: model.run(.weights, attacked), labels: labels, rows: rows, classes: classes,
            weight: weight, addingTo: dclean, to: session.dlogits)
        session.backward(.weights)
        _ = model.run(.weights, x)
        session.dlogits.update(from: dclean, count: rows * classes)
        session.backward(.weights)
        sums.loss += more.loss
        sums.correct = more.correct
        return sums
    }

    /// One way back gives the gradients of the weights and of the picture.
    private func replay(
        _ free: FreePerturbation, _ x: UnsafePointer<Float>, _ labels: UnsafePointer<Int32>, weight: Float,
        reach: Double, rows: Range<Int>
    ) -> LossSums {
        let epsilon = settings.epsilon.pixels * Float(reach)
        free.apply(x, rows: rows, to: attacked)
        for i in rows.count * model.pixels..<model.batch * model.pixels { attacked[i] = 0 }
        let sums = descend(model.run(.both, attacked), labels, weight)
        model.session.backward(.both)
        free.update(model.inputGradient(), rows: rows, epsilon: epsilon)
        return sums
    }
}
