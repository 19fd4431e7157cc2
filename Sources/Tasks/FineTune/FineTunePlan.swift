import Engine
import Training
import Vision

/// What is known about a run before its first step.
public struct FineTunePlan: Sendable {
    public private(set) var rows: [(key: String, value: String)] = []
    public private(set) var peakBytes = 0
    public private(set) var secondsPerEpoch = 0.0
    /// How many notes there were by then.
    public private(set) var notes = 0

    init() {}

    init(_ run: FineTuneRun, stepSeconds: Double) {
        let (setup, choice, trainee) = (run.setup, run.choice, run.choice.trainee)
        notes = run.notes.count
        peakBytes = choice.peak
        let micro = trainee.batch
        // A judgement costs as many passes as its attack.
        let perPass = stepSeconds / Double(setup.options.batch * (2 * (setup.hardens ? setup.attack.steps : 0) + 3))
        let judging =
            perPass * Double(run.judge.validationCount)
            * Double(2 * setup.validation.steps * setup.validation.restarts + 2)
        secondsPerEpoch =
            stepSeconds * Double(run.trainer.stepsPerEpoch) + judging * Double(run.trainer.stepsPerEpoch / run.interval)
        func add(_ key: String, _ value: String) { rows.append((key, value)) }
        add(
            "trains",
            "\(trainee.parameters) of \(trainee.allParameters) parameters (\(choice.part.text)), \(trainee.classes) classes"
        )
        add(
            "pictures",
            "\(run.data.split.train.count) to train on, \(run.data.split.validation.count) for validation "
                + "(\(run.judge.validationCount) at a time), \(run.data.split.gate.count) for the gate"
                + (run.data.cache.failures.isEmpty ? "" : ", \(run.data.cache.failures.count) unreadable"))
        add(
            "attack",
            setup.hardens
                ? "\(setup.attack.text) at \(setup.epsilon.text); judged by \(setup.validation.text), at the gate by \(setup.gate.text)"
                : "none: this trains for clean accuracy")
        add(
            "schedule",
            "\(run.schedule.name), at most \(decimals(run.schedule.end(at: 0), 1)) epochs as far as is known now")
        add(
            "memory",
            "\(bytesText(choice.peak)) at the peak: \(bytesText(trainee.plan.arenaBytes)) for weights, gradients and values of "
                + "\(micro) pictures at a time, \(bytesText(run.data.bytes)) for pictures")
        if let text = choice.againText(setup.attack) { add("again", text) }
        add(
            "time",
            "\(durationText(secondsPerEpoch)) per epoch, from a measured step (\(durationText(judging * Double(run.trainer.stepsPerEpoch / run.interval))) of it to judge)"
        )
        add("writes", "\(setup.options.output); until then checkpoints in \(setup.options.checkpoints.path)")
        if run.trainer.steps > 0 {
            add("goes on", "after step \(run.trainer.steps), epoch \(decimals(run.trainer.progress, 2))")
        }
    }
}

extension FineTuneRun {
    /// All that the result depends on.
    static func recipe(
        _ setup: FineTuneSetup, _ choice: MemoryChoice, _ trainer: Trainer, _ data: TrainingData
    ) -> Recipe {
        let o = setup.options
        var recipe = Recipe()
        recipe.add("model", o.model ?? "built-in")
        recipe.add("data", o.data)
        recipe.add("pictures", "\(data.split.train.count) + \(data.split.validation.count) + \(data.split.gate.count)")
        for (key, value) in o.settings.entries where key != Preprocess.Key.labels { recipe.add(key, value) }
        recipe.add("attack", setup.attack.text)
        recipe.add("epsilon", setup.epsilon.text)
        recipe.add("schedule", o.schedule)
        for (name, value) in o.scheduleSettings { recipe.add("schedule " + name, "\(value)") }
        recipe.add("rate", o.rate.map { "\($0)" })
        recipe.add("epochs", o.epochs.map { "\($0)" })
        recipe.add("time", o.seconds.map { "\($0) s" })
        recipe.add("ramp", o.ramp.map { "\($0)" })
        recipe.add("batch", "\(o.batch) as \(choice.trainee.batch) at a time")
        recipe.add("optimizer", setup.optimizer.name + (o.optimizer.contains(":") ? " " + o.optimizer : ""))
        recipe.add("weight decay", o.weightDecay.map { "\($0)" })
        recipe.add("label smoothing", o.smoothing > 0 ? "\(o.smoothing)" : nil)
        recipe.add("average", o.average.map { "\($0)" })
        recipe.add("clip", o.clip.map { "\($0)" })
        recipe.add("trained", choice.part.text)
        recipe.add("numbers", choice.trainee.isQuantized ? "int8, straight through" : nil)
        recipe.add("statistics", choice.trainee.statistics.isEmpty ? nil : "of the batch")
        recipe.add("from scratch", o.fromScratch ? "yes" : nil)
        recipe.add("augmentation", setup.augmentation.text)
        recipe.add("validation", setup.validation.text)
        recipe.add("seed", "\(o.seed)")
        recipe.add("instruction set", choice.trainee.plan.target.kernels.isa.name)
        return recipe
    }
}
