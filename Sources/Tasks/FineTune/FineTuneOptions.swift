import Engine
import Training

/// What `finetune` is asked to do. Texts are read where they are used, so that errors quote them.
public struct FineTuneOptions: Sendable {
    /// An ONNX file; nil for the built-in model.
    public var model: String?
    public var data: String
    public var output: String
    public var settings = ImageSettings()

    public var attack = "nfgsm"
    public var epsilon = "4/255"
    public var schedule = "accelat-brief"
    /// Settings of the schedule by name, beside those below.
    public var scheduleSettings: [(name: String, value: Double)] = []
    public var rate: Double?
    /// Epochs at most; nil leaves it to the schedule.
    public var epochs: Double?
    /// Seconds at most.
    public var seconds: Double?
    /// Epochs over which ε grows; nil for what the schedule wants.
    public var ramp: Double?
    public var batch = 64
    public var optimizer = "sgd"
    public var weightDecay: Double?
    public var smoothing = 0.0
    /// Decay of the moving average of the weights, which is what is evaluated and kept; nil for none.
    public var average: Double?
    public var clip: Double?
    public var part = "all"
    public var augmentation = "crop,flip"
    public var seed: UInt64 = 1
    public var threads = NetworkOptions.defaultThreads
    /// Weights start at random.
    public var fromScratch = false
    /// Normalisations use the statistics of each batch, as in training from scratch, instead of the model's own.
    public var batchStatistics = false
    public var quantizationAware = false

    /// Bytes that the process may need at most.
    public var memory: Int?
    /// Train fewer layers if the memory does not do for all.
    public var fewerLayers = false
    /// °C above which training pauses; nil for no limit.
    public var temperature: Double? = 80

    /// The attack under which validation pictures are judged, and how many of them.
    public var validation = "pgd:10"
    public var validationLimit = 256
    /// The attack of the gate.
    public var gate = "pgd:20"
    public var gateLimit = 1000
    /// Share of pictures held out for each of both, where the data has no parts of its own.
    public var held = 0.1
    public var minClean: Double?
    public var force = false

    /// Folder of checkpoints; nil for one beside the output.
    public var checkpoint: String?
    public var resume = false
    public var dryRun = false
    public var csv: String?
    public var report: String?
    public var tensorBoard: String?
    public var onFinish: String?

    public init(model: String?, data: String, output: String) {
        (self.model, self.data, self.output) = (model, data, output)
    }

    public var checkpoints: CheckpointFolder { CheckpointFolder(checkpoint ?? output + ".checkpoints") }
}

/// What a run depends on, line by line: printed, kept in the model, and compared before a run goes on.
public struct Recipe: Sendable, Equatable {
    public private(set) var lines: [(key: String, value: String)] = []

    public init() {}

    public mutating func add(_ key: String, _ value: String?) {
        if let value, !value.isEmpty { lines.append((key, value)) }
    }

    public static func == (a: Recipe, b: Recipe) -> Bool { a.text == b.text }

    public var text: String { lines.map { "\($0.key): \($0.value)" }.joined(separator: "\n") }

    public init(parsing text: String) {
        for line in text.split(separator: "\n") {
            guard let colon = line.place(of: ": ") else { continue }
            lines.append((String(line[..<colon.lowerBound]), String(line[colon.upperBound...])))
        }
    }

    /// What is different in `other`, in words; nil where nothing is.
    public func difference(from other: Recipe) -> String? {
        for (key, value) in lines {
            let before = other.lines.first { $0.key == key }?.value
            if before != value { return "\(key) was \(before ?? "not set"), now it is \(value)" }
        }
        for (key, value) in other.lines where !lines.contains(where: { $0.key == key }) {
            return "\(key) was \(value), now it is not set"
        }
        return nil
    }
}
