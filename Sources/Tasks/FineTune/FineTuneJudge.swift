import CSystem
import Engine
import ONNX
import Training
import Vision

/// Judges weights on held-out pictures. A network that trains with the statistics of its batches is judged by a second
/// one, with running statistics; any other judges itself.
final class FineTuneJudge {
    private let setup: FineTuneSetup
    private let trainee: Trainee
    private let other: (trainee: Trainee, model: SessionModel)?
    private let model: SessionModel
    private let trained: TrainingSession
    private let validation: HeldImages
    private let gate: HeldImages
    /// Running statistics by value of the trainee's graph.
    private(set) var running: [Int: [Float]] = [:]
    /// Seconds that one validation took.
    private(set) var seconds: Double?

    init(_ setup: FineTuneSetup, _ choice: MemoryChoice, _ trainer: Trainer, _ data: TrainingData) throws(KingletError)
    {
        self.setup = setup
        trainee = choice.trainee
        trained = trainer.model.session
        if let judge = choice.judge { other = (judge, try judge.session(threads: setup.threads)) } else { other = nil }
        model = other?.model ?? trainer.model
        let count = FineTuneJudge.pictures(setup, train: data.split.train.count, held: data.split.validation.count)
        validation = HeldImages(data.cache, data.split.validation.prefix(count))
        gate = HeldImages(data.cache, data.split.gate.prefix(setup.options.gateLimit))
        running = trainee.initialStatistics
    }

    /// So many that judging takes about a quarter of the time, in passes over a picture: a step of an attack takes 2,
    /// training 3. A picture fewer than 64 says little.
    private static func pictures(_ setup: FineTuneSetup, train: Int, held: Int) -> Int {
        let trains = Double(2 * (setup.attack.kind == .clean ? 0 : setup.attack.steps) + 3)
        let judges = Double(2 * setup.validation.steps * setup.validation.restarts + 2)
        let affordable = Int(Double(train) / 4 * trains / 4 / judges)
        return min(max(affordable, 64), setup.options.validationLimit, held)
    }

    var validationCount: Int { validation.count }
    var gateCount: Int { gate.count }

    /// After update `time`, counted from 1: running statistics follow those of the batch, as slowly as averaged weights
    /// follow the trained ones where there are any, because those are what the statistics are for.
    func gather(time: Int) {
        let average = setup.options.average.map { WeightAverage(decay: $0) }
        for (i, s) in trainee.statistics.enumerated() {
            let (mean, variance) = (trained.observed[2 * i].f32, trained.observed[2 * i + 1].f32)
            let unbiased = Float(s.count) / Float(max(s.count - 1, 1))
            let momentum = average.map { Float(1 - $0.share(at: time)) } ?? s.momentum
            mix(s.runningMean, mean, momentum, 1)
            mix(s.runningVariance, variance, momentum, unbiased)
        }
    }

    private func mix(_ v: Int, _ batch: UnsafePointer<Float>, _ momentum: Float, _ factor: Float) {
        guard var list = running.removeValue(forKey: v) else { return }
        for c in list.indices { list[c] = momentum * list[c] + (1 - momentum) * factor * batch[c] }
        running[v] = list
    }

    func restore(_ statistics: [Int: [Float]]) { running = statistics }

    /// Brings weights and statistics of the trainee to the network that judges.
    private func synchronize(_ statistics: [Int: [Float]]) {
        guard let other else { return }
        let (from, to) = (trainee.graph.graph.values, other.trainee.graph.graph.values)
        for p in other.model.session.parameters {
            let origin = to[p.value].origin
            if let i = trainee.weights.firstIndex(where: { $0.origin == origin }) {
                p.weights.f32.update(from: trained.parameters[i].weights.f32, count: p.weights.count)
            } else if let found = statistics.first(where: { from[$0.key].origin == origin }) {
                for c in 0..<p.weights.count { p.weights.f32[c] = found.value[c] }
            }
        }
        other.model.session.weightsChanged()
    }

    /// Clean accuracy, accuracy under attack, and half its interval, of the trainee's weights.
    func validate(_ session: TrainingSession) throws(KingletError) -> (clean: Double, robust: Double, margin: Double) {
        let start = ks_now()
        synchronize(running)
        let found = try evaluate(validation, [nil, setup.hardens ? setup.validation : nil])
        seconds = Double(ks_now() - start) / 1e9
        let robust = found.tallies[1].accuracy
        return (found.tallies[0].accuracy.value, robust.value, robust.margin)
    }

    /// Answers and tallies on the gate's pictures.
    func judgeAtGate(_ statistics: [Int: [Float]]) throws(KingletError) -> (answers: Gate.Answers, tallies: [Tally]) {
        synchronize(statistics)
        let found = try evaluate(gate, [nil, setup.gate])
        return (Gate.Answers(clean: found.right[0], robust: found.right[1]), found.tallies)
    }

    /// Pictures of the gate as the attack leaves them for these weights, which are called `name`; `numbers` of the gate.
    func examples(
        _ numbers: [Int], _ statistics: [Int: [Float]], as name: String
    ) throws(KingletError) -> [Report.Example] {
        synchronize(statistics)
        return try maker()?.examples(numbers, as: name) ?? []
    }

    /// Numbers of at most `count` pictures of the gate that are right after training and were not before, under attack; or
    /// else of others.
    func telling(_ before: Gate.Answers, _ after: Gate.Answers, _ count: Int) throws(KingletError) -> [Int] {
        let all = Array(0..<gate.count)
        let saved = all.filter { before.clean[$0] && !before.robust[$0] && after.robust[$0] }
        let lost = all.filter { before.clean[$0] && !before.robust[$0] && !after.robust[$0] }
        return try maker()?.choose([saved, lost, all], count) ?? []
    }

    private func maker() throws(KingletError) -> ExampleMaker? {
        guard let attack = try setup.gate.make(epsilon: setup.epsilon, model: model, evaluating: true) else {
            return nil
        }
        return ExampleMaker(
            model: model, attack: attack, source: gate, seed: FineTuneJudge.seed(setup), layout: trainee.layout,
            labels: setup.classes.labels)
    }

    private static func seed(_ setup: FineTuneSetup) -> UInt64 { setup.options.seed ^ 0x4A55_4447_45 }

    /// What the integer operators of `model` answer at the gate, attacked straight through the rounding.
    func judgeIntegers(_ model: Model) throws(KingletError) -> [Tally] {
        let copy = try setup.integers(model, batch: trainee.batch)
        let integers = try AnsweringModel(copy, try copy.session(threads: setup.threads), setup.threads)
        let attack = try setup.gate.make(epsilon: setup.epsilon, model: integers, evaluating: true)
        let evaluation = try RobustEvaluation(
            integers, on: gate, [.init(name: "clean", attack: nil), .init(name: setup.gate.text, attack: attack)],
            seed: FineTuneJudge.seed(setup))
        for b in 0..<evaluation.batches { evaluation.run(b) }
        return evaluation.tallies
    }

    private func evaluate(_ source: HeldImages, _ attacks: [AttackSpec?]) throws(KingletError) -> RobustEvaluation {
        var entries: [RobustEvaluation.Entry] = []
        for spec in attacks {
            entries.append(
                .init(
                    name: spec?.text ?? "clean",
                    attack: try spec?.make(epsilon: setup.epsilon, model: model, evaluating: true)))
        }
        let evaluation = try RobustEvaluation(model, on: source, entries, seed: FineTuneJudge.seed(setup))
        for b in 0..<evaluation.batches { evaluation.run(b) }
        return evaluation
    }

    // Running statistics in a checkpoint: those that go on are in its model, those of the best weights beside it.

    private var held: [Storage] = []

    func keptStatistics(_ best: [Int: [Float]]) -> [(String, UnsafeBufferPointer<Float>)] {
        held = []
        var list: [(String, UnsafeBufferPointer<Float>)] = []
        for (v, floats) in best.sorted(by: { $0.key < $1.key }) {
            guard let origin = trainee.graph.graph.values[v].origin, let storage = try? Storage(bytes: floats.count * 4)
            else { continue }
            let to = storage.base.assumingMemoryBound(to: Float.self)
            for (i, value) in floats.enumerated() { to[i] = value }
            held.append(storage)
            list.append(("statistics/" + origin, UnsafeBufferPointer(start: to, count: floats.count)))
        }
        return list
    }

    /// Takes the running statistics of a checkpoint; those of its best weights.
    func restoreStatistics(_ checkpoint: Checkpoint, _ model: Model) throws(KingletError) -> [Int: [Float]] {
        var best: [Int: [Float]] = [:]
        for (v, floats) in running {
            guard let origin = trainee.graph.graph.values[v].origin, let tensor = model.initializer(origin) else {
                continue
            }
            running[v] = tensor.floats
            best[v] = Array(try checkpoint.array("statistics/" + origin, count: floats.count))
        }
        return best
    }
}
