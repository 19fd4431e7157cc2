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

/// One attack at one ε.
public struct EvaluationRow: Sendable {
    public let attack: String
    /// In pixel units; 0 without attack.
    public let epsilon: Epsilon?
    public let tally: Tally
    public let seconds: Double
}

/// A model under attack whose answers come from elsewhere than its gradients: an int8 model's from integer operators, the
/// way back from their floats, straight through the rounding; or from another backend.
final class AnsweringModel: AttackedModel {
    private let floats: SessionModel
    let placement: Placement
    private let session: Session
    private let map: PixelMap

    /// `options` tells who answers.
    init(
        _ trainee: Trainee, _ floats: SessionModel, _ threads: ThreadPool, _ options: NetworkOptions = NetworkOptions()
    ) throws(KingletError) {
        self.floats = floats
        placement = try Placement(try trainee.model.graph(batch: trainee.batch), options)
        let graph = placement.graph
        session = try Session(try Plan(graph, target: Target(workers: threads.count)), threads: threads)
        let value = graph.values[graph.inputs[0]]
        map = try PixelMap(trainee.preprocess, try Layout(value.type, value.order))
    }

    var batch: Int { floats.batch }
    var pixels: Int { floats.pixels }
    var classes: Int { floats.classes }
    func forward(_ x: UnsafePointer<Float>) -> UnsafePointer<Float> { floats.forward(x) }
    func gradient(_ dlogits: UnsafePointer<Float>) -> UnsafePointer<Float> { floats.gradient(dlogits) }

    func logits(_ x: UnsafePointer<Float>) -> UnsafePointer<Float> {
        map.write(x, count: batch, to: session.inputs[0])
        session.run()
        return UnsafePointer(session.outputs[0].f32)
    }
}

/// Measures a model on labelled pictures, as they are and under attack: `while let row = try run.next() { … }`.
public final class EvaluationRun {
    public let options: EvaluateOptions
    public let trainee: Trainee
    public let classes: ClassMap
    public let cache: ImageCache
    public let notes: [String]
    private let model: any AttackedModel
    private let placement: Placement?
    private let source: HeldImages
    private var waiting: [(spec: AttackSpec, epsilon: Epsilon)] = []
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
            // What has an ε of its own, or none, runs once.
            let once = spec.kind == .clean || spec.epsilon != nil || spec.norm == .euclidean
            for epsilon in once ? Array(epsilons.prefix(1)) : epsilons { waiting.append((spec, epsilon)) }
        }
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

    /// The next attack's result; nil after the last.
    public func next() throws(KingletError) -> EvaluationRow? {
        guard !waiting.isEmpty else { return nil }
        let (spec, epsilon) = waiting.removeFirst()
        let start = ks_now()
        let attack = try spec.make(epsilon: epsilon, model: model, evaluating: true)
        let run = try RobustEvaluation(model, on: source, [.init(name: spec.text, attack: attack)], seed: options.seed)
        for b in 0..<run.batches { run.run(b) }
        try placement?.check()
        let row = EvaluationRow(
            attack: spec.text, epsilon: attack == nil ? nil : spec.reach(epsilon), tally: run.tallies[0],
            seconds: Double(ks_now() - start) / 1e9)
        rows.append(row)
        return row
    }

    /// What Arm NN answers.
    public var offloaded: Offloaded? { placement?.offloaded }

    /// What was measured so far, as a page's content.
    public var report: Report {
        var report = Report(title: "Robustness of \(options.model ?? "the built-in model")")
        report.classes = classes.labels
        report.notes = notes
        report.judgements = [
            Report.Judgement(
                model: trainee.isQuantized ? "int8" : "float32",
                scores: rows.map {
                    .init(attack: $0.attack, epsilon: Double($0.epsilon?.pixels ?? 0), right: $0.tally.accuracy)
                },
                confusions: rows.map { row in
                    .init(title: row.attack + (row.epsilon.map { " at \($0.text)" } ?? ""), counts: row.tally.rows)
                })
        ]
        report.card = trainee.model.metadata[Preprocess.Key.card]
        return report
    }
}
