import CSystem
import Engine
import ONNX
import Training
import Vision

/// What `evaluate` is asked to do.
public struct EvaluateOptions: Sendable {
    /// An ONNX file; nil for the built-in model.
    public var model: String?
    public var data: String
    public var settings = ImageSettings()
    public var attacks = "clean,fgsm,pgd:20"
    /// One after the other.
    public var epsilons = "4/255"
    /// Pictures at most.
    public var limit = 1000
    public var seed: UInt64 = 1
    public var batch = 32
    public var threads = NetworkOptions.defaultThreads
    public var memory: Int?
    /// What answers; attacks always take the gradients of the native engine.
    public var backend = Backend.native
    public var armnnDevice: String?

    public init(model: String?, data: String) { (self.model, self.data) = (model, data) }
}

/// One attack at one ε, or the worst of all of them.
public struct EvaluationRow: Sendable {
    public let attack: String
    /// In pixel units; nil without attack.
    public let epsilon: Epsilon?
    public let tally: Tally
    public let seconds: Double
    /// What was run; nil for the worst of all.
    let origin: (spec: AttackSpec, epsilon: Epsilon)?
    /// Of each picture, -1 for none.
    package let predictions: [Int32]
}

/// Measures a model on labelled pictures, as they are and under attack: `while let row = try run.next() { … }`.
public final class EvaluationRun {
    public let options: EvaluateOptions
    public let trainee: Trainee
    public let classes: ClassMap
    public let cache: ImageCache
    public let notes: [String]
    let model: any AttackedModel
    private let placement: Placement?
    let source: HeldImages
    private enum Job {
        case attack(AttackSpec, Epsilon)
        case worst(Int)
    }
    private var waiting: [Job] = []
    private let epsilons: [Epsilon]
    /// One for each ε.
    private var worst: [WorstCase]
    public private(set) var rows: [EvaluationRow] = []

    public init(_ options: EvaluateOptions) throws(KingletError) {
        self.options = options
        try require(options.limit >= 1, .usage, "a limit of \(options.limit) pictures: give 1 or more")
        try require(options.batch >= 1 && options.batch <= 4096, .usage, "a batch of \(options.batch)")
        let specs = try AttackSpec.list(parsing: options.attacks)
        try require(!specs.isEmpty, .usage, "no attack given: \(AttackSpec.accepted)")
        var epsilons: [Epsilon] = []
        for text in options.epsilons.split(separator: ",") { epsilons.append(try Epsilon(parsing: String(text))) }
        try require(!epsilons.isEmpty, .usage, "no epsilon given: 4/255, or several with commas")
        for spec in specs {
            for epsilon in spec.runsOnce ? Array(epsilons.prefix(1)) : epsilons {
                waiting.append(.attack(spec, epsilon))
            }
        }
        if specs.count(where: { $0.kind != .clean }) > 1 { for i in epsilons.indices { waiting.append(.worst(i)) } }
        self.epsilons = epsilons
        worst = [WorstCase](repeating: WorstCase(), count: epsilons.count)
        let threads = try ThreadPool(options.threads)
        var o = Trainee.Options()
        (o.batch, o.threads) = (options.batch, options.threads)
        trainee = try Trainee(
            try readModel(options.model), name: options.model ?? "built-in model", options.settings, o)
        let data = try Dataset(options.data)
        classes = try ClassMap(
            data.labels, named: data.named, model: options.settings.labels(trainee.model, options.model),
            outputs: trainee.classes)
        try require(
            classes.kind != .new, .badFile,
            "the data has other classes than the model: \(classes.report.joined(separator: "; "))")
        let chosen = EvaluationRun.sample(data, options.limit, options.seed)
        let needed = Int(ks_peak_bytes()) + trainee.plan.arenaBytes + 5 * options.batch * trainee.layout.size.count * 12
        try require(
            options.memory.map { needed <= $0 } ?? true, .resource,
            "needs \(bytesText(needed)) of memory beside the pictures: give more --memory or a smaller --batch")
        cache = try ImageCache(
            data, trainee.preprocess, trainee.layout, chosen: chosen, classes: classes.index, memory: options.memory,
            threads: threads, limits: JPEG.Limits(memory: options.memory, workers: threads.count))
        source = HeldImages(cache, (0..<cache.count).map { Int32($0) })
        let floats = try trainee.session(threads: threads)
        var who = NetworkOptions(model: options.model)
        (who.backend, who.armnnDevice, who.threads) = (options.backend, options.armnnDevice, options.threads)
        let apart =
            trainee.isQuantized || who.backend != .native
            ? try AnsweringModel(trainee, floats, threads, who) : nil
        (model, placement) = (apart ?? floats, apart?.placement)
        var notes = classes.report
        if let warning = placement?.warning { notes.append(warning) }
        if !cache.failures.isEmpty {
            notes.append(
                "\(cache.failures.count) pictures cannot be decoded, such as \(cache.failures[0].name): \(cache.failures[0].reason)"
            )
        }
        if cache.count < data.count {
            notes.append("\(cache.count) of \(data.count) pictures, drawn at random (--limit)")
        }
        self.notes = notes
    }

    /// Pictures of the part that is there for tests, else of all, drawn at random if there are too many.
    private static func sample(_ data: Dataset, _ limit: Int, _ seed: UInt64) -> [Int] {
        let all = data.sample(data.count, seed: seed)
        for part in [Dataset.Origin.test, .val] {
            let own = all.filter { data.origin($0) == part }
            if !own.isEmpty && own.count < all.count {
                var random = Random(seed: seed, stream: 0x4556_414C)
                var drawn = own
                random.shuffle(&drawn)
                return own.count > limit ? drawn.prefix(limit).sorted() : own
            }
        }
        return data.sample(limit, seed: seed)
    }

    /// The next attack's result, at the end the worst of all for each ε; nil after the last.
    public func next() throws(KingletError) -> EvaluationRow? {
        guard !waiting.isEmpty else { return nil }
        let row: EvaluationRow
        switch waiting.removeFirst() {
        case .attack(let spec, let epsilon): row = try measure(spec, epsilon)
        case .worst(let i):
            let labels = (0..<source.count).map { source.label($0) }
            let tally = worst[i].tally(labels, classes: trainee.classes)
            row = EvaluationRow(
                attack: tally.name, epsilon: worst[i].varies ? epsilons[i] : nil, tally: tally, seconds: 0, origin: nil,
                predictions: worst[i].predictions)
        }
        rows.append(row)
        return row
    }

    /// What Arm NN answers.
    public var offloaded: Offloaded? { placement?.offloaded }

    private func measure(_ spec: AttackSpec, _ epsilon: Epsilon) throws(KingletError) -> EvaluationRow {
        let start = ks_now()
        let attack = try spec.make(epsilon: epsilon, model: model, evaluating: true)
        let run = try RobustEvaluation(model, on: source, [.init(name: spec.text, attack: attack)], seed: options.seed)
        for b in 0..<run.batches { run.run(b) }
        try placement?.check()
        let labels = (0..<source.count).map { source.label($0) }
        for i in epsilons.indices where spec.runsOnce || epsilons[i] == epsilon {
            worst[i].add(run.predictions[0], run.losses[0], labels, varies: !spec.runsOnce)
        }
        return EvaluationRow(
            attack: spec.text, epsilon: attack == nil ? nil : spec.reach(epsilon), tally: run.tallies[0],
            seconds: Double(ks_now() - start) / 1e9, origin: attack == nil ? nil : (spec, epsilon),
            predictions: run.predictions[0])
    }
}

extension AttackSpec {
    /// It has an ε of its own, or none.
    var runsOnce: Bool { kind == .clean || epsilon != nil || norm == .euclidean }
}
