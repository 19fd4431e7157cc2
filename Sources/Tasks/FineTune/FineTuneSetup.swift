import CSystem
import Engine
import ONNX
import Training
import Vision

/// Everything that a run needs, read, checked and planned, before any memory for training is taken.
struct FineTuneSetup {
    let options: FineTuneOptions
    let attack: AttackSpec
    let epsilon: Epsilon
    let optimizer: any Optimizer
    let part: TrainedPart
    let augmentation: Augmentation
    let validation: AttackSpec
    let gate: AttackSpec
    /// The model to start from: its head replaced, its weights random, if that is asked for.
    let model: Model
    let dataset: Dataset
    let classes: ClassMap
    let threads: ThreadPool
    private(set) var notes: [String] = []

    init(_ options: FineTuneOptions) throws(KingletError) {
        self.options = options
        attack = try AttackSpec(parsing: options.attack)
        epsilon = try Epsilon(parsing: options.epsilon)
        optimizer = try Training.optimizer(options.optimizer, weightDecay: options.weightDecay)
        part = try TrainedPart(parsing: options.part)
        augmentation = try Augmentation(options.augmentation)
        validation = try AttackSpec(parsing: options.validation)
        gate = try AttackSpec(parsing: options.gate)
        try FineTuneSetup.check(options)
        try require(
            !validation.trainsOnly && !gate.trainsOnly && validation.kind != .clean && gate.kind != .clean, .usage,
            "'\(validation.text)' and '\(gate.text)' are to judge: give fgsm, pgd:STEPS or another attack that evaluates"
        )
        threads = try ThreadPool(options.threads)

        var model = try readModel(options.model).separatingCopies()
        let name = options.model ?? "built-in model"
        dataset = try Dataset(options.data)
        let graph = try model.graph(batch: 1)
        guard let output = graph.outputs.first, graph.outputs.count == 1 else {
            throw KingletError(.unsupported, "the model has \(graph.outputs.count) outputs: training takes one").at(
                name)
        }
        let outputs = graph.values[output].type.count
        classes = try ClassMap(
            dataset.labels, named: dataset.named, model: options.settings.labels(model, options.model), outputs: outputs
        )
        if classes.kind == .new {
            guard let head = ClassifierHead(model), head.classes == outputs else {
                throw KingletError(
                    .unsupported,
                    "the data has other classes than the model, whose last layer is not a Gemm, MatMul or Conv that can "
                        + "be replaced"
                ).at(name)
            }
            try head.replace(in: &model, classes: classes.labels.count)
        }
        for (key, value) in options.settings.entries { model.metadata[key] = value }
        model.metadata[Preprocess.Key.labels] = classes.labels.joined(separator: "\n")
        if options.fromScratch { model = try randomized(model, seed: options.seed) }
        if options.quantizationAware && !graph.nodes.contains(where: { $0.kind == "QuantizeLinear" }) {
            try require(
                classes.kind != .new && !options.fromScratch, .usage,
                "--qat needs a trained model for these classes: fine-tune in float first, then its result with --qat")
            let pictures = try CalibrationPictures(
                options.data, try options.settings.preprocess(model), model, limit: 200)
            let quantized = try quantize(model, on: pictures.set, QuantizeOptions())
            model = quantized.model
            notes.append("quantized to int8 with \(pictures.count) pictures: its integers are what is trained")
        }
        self.model = model
        if attack.kind == .fixed {
            notes.append(
                "a static adversarial set is no measure of robustness: what withstands these pictures may fall to new ones"
            )
        }
    }

    private static func check(_ o: FineTuneOptions) throws(KingletError) {
        try require(o.batch >= 1 && o.batch <= 4096, .usage, "a batch of \(o.batch): give 1 to 4096")
        try require(o.epochs.map { $0 > 0 && $0 <= 10_000 } ?? true, .usage, "epochs must be above 0, at most 10000")
        try require(o.seconds.map { $0 > 0 } ?? true, .usage, "the time must be above 0")
        try require(o.smoothing >= 0 && o.smoothing < 1, .usage, "label smoothing must be 0 or more, below 1")
        try require(
            o.average.map { $0 >= 0 && $0 < 1 } ?? true, .usage, "the average's decay must be 0 or more, below 1")
        try require(o.held > 0 && o.held <= 0.4, .usage, "the share held out must be above 0, at most 0.4")
        try require(o.minClean.map { $0 > 0 && $0 <= 1 } ?? true, .usage, "--min-clean is a share: above 0, at most 1")
        try require(
            !(o.batchStatistics && o.quantizationAware), .usage,
            "int8 models have no normalisations: --statistics frozen")
        try require(o.clip.map { $0 > 0 } ?? true, .usage, "the gradient's norm must be clipped to more than 0")
    }

    /// Trains under attack.
    var hardens: Bool { attack.kind != .clean }

    /// Normalisations use the statistics of each batch.
    var usesBatch: Bool { options.fromScratch || options.batchStatistics }

    /// State of each weight: the optimizer's, and the average's.
    var slots: Int { optimizer.slots + (options.average == nil ? 0 : 1) }

    func trainee(batch: Int, part: TrainedPart) throws(KingletError) -> Trainee {
        var o = Trainee.Options()
        (o.part, o.slots, o.batch, o.threads) = (part, slots, batch, options.threads)
        o.programs = Trainer.programs(attack)
        o.batchStatistics = usesBatch
        return try Trainee(model, name: options.model ?? "built-in model", options.settings, o)
    }

    /// Judges what the trainee has learnt, where that cannot judge itself.
    func judge(batch: Int, part: TrainedPart) throws(KingletError) -> Trainee? {
        guard usesBatch else { return nil }
        var o = Trainee.Options()
        (o.part, o.batch, o.threads) = (part, batch, options.threads)
        o.keepsStatistics = true
        return try Trainee(model, name: options.model ?? "built-in model", options.settings, o)
    }

    /// A quantized `model`, to be judged as its integers answer; few pictures at a time, because it comes on top.
    func integers(_ model: Model, batch: Int) throws(KingletError) -> Trainee {
        var o = Trainee.Options()
        (o.batch, o.threads) = (min(batch, 4), options.threads)
        return try Trainee(model, name: "int8 model", options.settings, o)
    }

    func schedule(stepsPerEpoch: Int, epochs: Double?) throws(KingletError) -> any LearningRateSchedule {
        let (name, own) = try parseSchedule(options.schedule)
        var given = own + options.scheduleSettings
        let entry = schedules.first { $0.name == name }
        func offer(_ name: String, _ value: Double?, always: Bool) {
            guard let value, !given.contains(where: { $0.name == name }) else { return }
            if always || entry?.parameters.contains(where: { $0.name == name }) == true { given.append((name, value)) }
        }
        offer("rate", options.rate, always: true)
        offer("epochs", epochs, always: true)
        offer("epsilon-ramp", hardens ? options.ramp : 0, always: options.ramp != nil)
        // Where ε grows to its full size in 40 steps, nets with a new head learn to give one answer for all pictures.
        offer("period", max(1, 80 / Double(stepsPerEpoch)), always: false)
        return try Training.schedule(name, given)
    }
}

/// `model` with weights drawn anew: N(0, 2 / inputs of the layer) (He et al. 2015), biases 0, normalisations that change
/// nothing.
private func randomized(_ model: Model, seed: UInt64) throws(KingletError) -> Model {
    var copy = model
    let graph = try TrainableGraph(try model.graph(), passes: scratchPasses)
    for (i, weight) in graph.weights.enumerated() {
        let value = graph.graph.values[weight.value]
        let tensor = try Tensor(zeros: value.type)
        let to = tensor.base.assumingMemoryBound(to: Float.self)
        var random = Random(seed: seed ^ 0x5745_4947_4854, stream: UInt64(i))
        switch weight.role {
        case .bias, .shift: break
        case .scale: for j in 0..<tensor.count { to[j] = 1 }
        case .weights:
            let spread = (2 / Float(max(graph.inputs(of: weight), 1))).squareRoot()
            for j in 0..<tensor.count { to[j] = spread * random.normal() }
        }
        try copy.replaceWeight(weight.origin, with: tensor, order: value.order)
    }
    for node in graph.graph.nodes where node.op is BatchNormalization {
        for (k, level) in [(3, Float(0)), (4, 1)] {
            let value = graph.graph.values[node.inputs[k]]
            guard let origin = value.origin else { continue }
            try copy.replaceWeight(
                origin, with: try Tensor([Float](repeating: level, count: value.type.count), shape: value.type.shape),
                order: value.order)
        }
    }
    return copy
}
