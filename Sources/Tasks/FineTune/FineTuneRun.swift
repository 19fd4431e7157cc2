import CSystem
import Engine
import ONNX
import Training
import Vision

/// A fine-tuning run: `while let event = try run.next() { … }`, then `try run.end()`.
public final class FineTuneRun {
    public enum Event {
        case step(FineTuneProgress)
        case evaluation(Report.Point, best: Bool, checkpoint: String?)
        /// Too hot: nothing was trained for two seconds.
        case pause(celsius: Double)
    }

    let setup: FineTuneSetup
    let choice: MemoryChoice
    let data: TrainingData
    let trainer: Trainer
    let schedule: any LearningRateSchedule
    let judge: FineTuneJudge
    let best: Snapshot
    public let recipe: Recipe
    /// What is known before the first step.
    public private(set) var plan = FineTunePlan()
    public internal(set) var notes: [String]
    var points: [Report.Point] = []
    var watch: Guard
    /// Ctrl-C was pressed, and the state saved in this file.
    public private(set) var interrupted: String?
    private let started = ks_now()
    var secondsBefore = 0.0
    var sums = LossSums()
    /// Steps at the last observation.
    var observed = 0
    private var ended = false
    var savedAt = ks_now()

    public init(_ options: FineTuneOptions) throws(KingletError) {
        setup = try FineTuneSetup(options)
        choice = try MemoryChoice(setup)
        data = try TrainingData(
            setup.dataset, setup.classes, choice.trainee.preprocess, choice.trainee.layout, held: options.held,
            seed: options.seed, memory: options.memory, threads: setup.threads)
        notes = setup.notes + data.notes
        if choice.part != setup.part {
            notes.append("memory does for \(choice.part.text) only: other layers stay as they are")
        }
        let model = try choice.trainee.session(threads: setup.threads)
        if setup.attack.kind == .fixed { try data.attack(setup.attack, setup.epsilon, model, seed: options.seed) }
        let images = try ShuffledImages(data.cache, data.split.train, setup.augmentation, seed: options.seed)
        var settings = Trainer.Settings(setup.attack, epsilon: setup.epsilon, batch: options.batch, seed: options.seed)
        (settings.smoothing, settings.clip) = (options.smoothing, options.clip.map { Float($0) })
        trainer = try Trainer(
            model, images, choice.trainee.weights, setup.optimizer,
            average: options.average.map { WeightAverage(decay: $0) }, settings)
        judge = try FineTuneJudge(setup, choice, trainer, data)
        best = try Snapshot(model.session)
        watch = Guard(hardens: setup.hardens, classes: model.classes)
        let stepSeconds = Double(trainer.probe()) / 1e9
        let perEpoch = trainer.stepsPerEpoch
        // Judging takes its share of the time.
        let affordable = options.seconds.map { $0 / (stepSeconds * Double(perEpoch) * 1.3) }
        schedule = try setup.schedule(
            stepsPerEpoch: perEpoch, epochs: affordable.map { min(options.epochs ?? $0, $0) } ?? options.epochs)
        recipe = FineTuneRun.recipe(setup, choice, trainer, data)
        let checkpoints = options.checkpoints
        best.take(from: model.session)
        best.running = judge.running
        copyWeightsToAverage()
        let unfinished = !checkpoints.files().isEmpty
        if options.resume && unfinished {
            try resume(checkpoints)
        } else if !options.dryRun {
            try require(
                !unfinished, .usage,
                "'\(checkpoints.path)' holds checkpoints of an unfinished run: go on with --resume, or remove the folder"
            )
            if options.resume { notes.append("no checkpoint to go on with: training starts from the beginning") }
        }
        plan = FineTunePlan(self, stepSeconds: stepSeconds)
    }

    var session: TrainingSession { trainer.model.session }
    public var seconds: Double { secondsBefore + Double(ks_now() - started) / 1e9 }
    /// Steps between two observations.
    var interval: Int { max(1, trainer.stepsPerEpoch / max(schedule.observationsPerEpoch, 1)) }
    private var averageSlot: Int? { setup.options.average == nil ? nil : setup.optimizer.slots }

    private func copyWeightsToAverage() {
        guard let k = averageSlot else { return }
        for p in session.parameters { p.slots[k].update(from: p.weights.f32, count: p.weights.count) }
    }

    /// The next thing that happened; nil when training is over.
    public func next() throws(KingletError) -> Event? {
        if ended || interrupted != nil { return nil }
        if ks_interrupts() > 0 {
            interrupted = try save()
            return nil
        }
        let progress = trainer.progress
        if schedule.isFinished(at: progress) || setup.options.seconds.map({ seconds >= $0 }) ?? false {
            return observed < trainer.steps ? try observe() : finish()
        }
        if observed < trainer.steps && trainer.steps % interval == 0 { return try observe() }
        if trainer.steps % 8 == 0, let limit = setup.options.temperature, let celsius = temperature(), celsius > limit {
            ks_sleep_ms(2000)
            return .pause(celsius: celsius)
        }
        let rate = schedule.rate(at: progress)
        let more = trainer.step(rate: rate, share: setup.hardens ? schedule.epsilonShare(at: progress) : 1)
        judge.gather(time: trainer.steps)
        sums += more
        if ks_now() - savedAt > 60_000_000_000 { _ = try save() }
        return .step(
            FineTuneProgress(
                epoch: trainer.progress, end: schedule.end(at: trainer.progress), rate: Double(rate),
                loss: sums.meanLoss, accuracy: sums.accuracy, last: points.last))
    }

    private func finish() -> Event? {
        ended = true
        return nil
    }

    /// Judges the weights on validation pictures, tells schedule and guard, and saves all.
    private func observe() throws(KingletError) -> Event {
        let progress = trainer.progress
        if let k = averageSlot { session.swapWeights(withSlot: k) }
        let finite = sums.meanLoss.isFinite
        let (clean, robust, margin) = try judge.validate(session)
        let settled = !setup.hardens || schedule.epsilonShare(at: progress) >= 1
        let verdict = watch.judge(
            step: trainer.steps, clean: clean, robust: robust, loss: sums.meanLoss, margin: margin, settled: settled)
        if verdict == .best {
            best.take(from: session)
            best.running = judge.running
        }
        if let k = averageSlot { session.swapWeights(withSlot: k) }
        var point = Report.Point(epoch: progress)
        (point.seconds, point.rate) = (seconds, Double(schedule.rate(at: progress)))
        (point.loss, point.clean, point.robust) = (sums.meanLoss, clean, robust)
        points.append(point)
        var diverged = !finite
        if case .collapse(let reason) = verdict {
            diverged = true
            rollBack()
            notes.append("epoch \(decimals(progress, 2)): \(reason): back to the weights of step \(watch.bestStep)")
        }
        schedule.observe(
            EpochReport(
                progress: progress, accuracy: setup.hardens ? robust : clean, images: judge.validationCount,
                loss: sums.meanLoss, diverged: diverged))
        if diverged { schedule.recover(at: progress) }
        if watch.rollbacks >= 4 {
            notes.append("training broke down four times: it ends with the best weights")
            ended = true
        }
        sums = LossSums()
        observed = trainer.steps
        return .evaluation(point, best: verdict == .best, checkpoint: try save())
    }

    private func rollBack() {
        best.put(into: session)
        judge.restore(best.running)
        session.clearSlots(setup.slots)
        copyWeightsToAverage()
    }
}

/// How far a run is.
public struct FineTuneProgress: Sendable {
    public let epoch: Double
    public let end: Double
    public let rate: Double
    public let loss: Double
    /// Of training pictures, as they are trained on.
    public let accuracy: Double
    public let last: Report.Point?
}
