import CSystem
import Engine
import ONNX
import Training
import Vision

/// What `attack` is asked to do.
public struct AttackOptions: Sendable {
    public var attack = "pgd:20"
    public var epsilon = "8/255"
    /// The class, by name or number, that images shall be taken for.
    public var target: String?
    /// The class that they show; nil for what they say, or else what the model takes them for.
    public var label: String?
    public var seed: UInt64 = 1
    /// Results are whole numbers.
    public var grid = true
    public var batch = 8
    public var threads = NetworkOptions.defaultThreads
    /// Bytes of memory that may be used.
    public var memory: Int?

    public init() {}
}

/// An image before and after.
public struct AttackedImage: Sendable {
    public struct Prediction: Sendable {
        public let index: Int
        public let label: String
        public let probability: Float
    }

    public let input: AttackInput
    /// What it shows.
    public let label: Int
    public let before: Prediction
    public let after: Prediction
    /// The model errs, or sees the target.
    public let fooled: Bool
    /// The largest change of a pixel and the Euclidean length of all changes, in pixels.
    public let largest: Int
    public let length: Double
    /// What was wrong with a file that could be decoded all the same.
    public let warning: String?
    /// Bytes [height, width, channels].
    public let original: [UInt8]
    public let adversarial: [UInt8]
    /// The same before it was rounded to bytes.
    public let exact: [Float]
}

/// A model with an attack on it.
public final class Attacker {
    private let trainee: Trainee
    private let model: any AttackedModel
    private let attack: (any Attack)?
    private let target: Int?
    private let label: Int?
    private let seed: UInt64
    /// The attack as reports write it, with its ε.
    public let description: String
    /// Memory that it takes.
    public let bytes: Int

    public init(_ path: String?, _ settings: ImageSettings, _ options: AttackOptions) throws(KingletError) {
        let spec = try AttackSpec(parsing: options.attack)
        let epsilon = try Epsilon(parsing: options.epsilon)
        let file = try readModel(path)
        labels = settings.labels(file, path)
        var planned = Trainee.Options()
        (planned.batch, planned.threads) = (options.batch, options.threads)
        trainee = try Trainee(file, name: path ?? "built-in", settings, planned)
        // An image as floats five times over: as it is, changed, best so far, gradient, momentum.
        bytes = trainee.plan.arenaBytes + 5 * options.batch * trainee.layout.size.count * trainee.layout.channels * 4
        let needed = Int(ks_peak_bytes()) + bytes
        try require(
            options.memory.map { needed <= $0 } ?? true, .resource,
            "needs \(bytesText(needed)) of memory: give more --memory, or a smaller model")
        let threads = try ThreadPool(options.threads)
        let floats = try trainee.session(threads: threads)
        model = trainee.isQuantized ? try AnsweringModel(trainee, floats, threads) : floats
        let (names, classes) = (labels, model.classes)
        func find(_ name: String?) throws(KingletError) -> Int? {
            guard let name else { return nil }
            let found = names?.firstIndex(of: name) ?? Int(name)
            guard let found, found >= 0, found < classes else {
                throw KingletError(.usage, "no class '\(name)': give a label of the model or a number below \(classes)")
            }
            return found
        }
        target = try find(options.target)
        label = try find(options.label)
        seed = options.seed
        attack = try spec.make(
            epsilon: epsilon, model: model, evaluating: true, targeted: target != nil, grid: options.grid)
        description = spec.text + (spec.kind == .clean ? "" : " at \(spec.reach(epsilon).text)")
    }

    public var batch: Int { model.batch }
    public var classes: Int { model.classes }
    /// Names of the classes, where they are known.
    public let labels: [String]?
    public var size: Size { trainee.layout.size }
    public var channels: Int { trainee.layout.channels }

    /// Attacks at most `batch` images; `failed` are those that cannot be read. `known` are the classes of those that can,
    /// where they are known.
    public func attack(
        _ inputs: ArraySlice<AttackInput>, showing known: [Int]? = nil
    ) throws(KingletError) -> (attacked: [AttackedImage], failed: [(input: AttackInput, error: KingletError)]) {
        assert(inputs.count <= batch)
        var failed: [(input: AttackInput, error: KingletError)] = []
        var read: [(n: Int, input: AttackInput, bytes: [UInt8], warning: String?)] = []
        for (n, input) in inputs.enumerated() {
            do throws(KingletError) {
                let (bytes, warning) = try input.pixels(trainee.preprocess, trainee.layout)
                read.append((n, input, bytes, warning))
            } catch { failed.append((input, error)) }
        }
        let pixels = model.pixels
        var x = [Float](repeating: 0, count: batch * pixels)
        for image in read { for i in 0..<pixels { x[image.n * pixels + i] = Float(image.bytes[i]) } }
        let before = predictions(x)
        var shown = [Int32](repeating: -1, count: batch)
        for (i, image) in read.enumerated() {
            shown[image.n] = Int32(known?[i] ?? label ?? image.input.label ?? before[image.n].index)
            try require(
                shown[image.n] < model.classes, .usage,
                "\(image.input.name) is of class \(shown[image.n]), the model has \(model.classes)")
        }
        let wanted = shown.map { $0 < 0 ? -1 : target.map(Int32.init) ?? $0 }
        let y = perturbed(x, wanted, first: inputs.startIndex)
        let after = predictions(y)
        let attacked = read.map { image in
            let n = image.n
            let exact = Array(y[n * pixels..<(n + 1) * pixels])
            let bytes = exact.map { UInt8($0.rounded()) }
            let changes = zip(bytes, image.bytes).map { abs(Int($0) - Int($1)) }
            return AttackedImage(
                input: image.input, label: Int(shown[n]), before: before[n], after: after[n],
                fooled: target.map { after[n].index == $0 } ?? (after[n].index != Int(shown[n])),
                largest: changes.max() ?? 0, length: ks_sqrt(Double(changes.reduce(0) { $0 + $1 * $1 })),
                warning: image.warning, original: image.bytes, adversarial: bytes, exact: exact)
        }
        return (attacked, failed)
    }

    /// Adversarial images of x, the first of which is the `first` of all.
    private func perturbed(_ x: [Float], _ wanted: [Int32], first: Int) -> [Float] {
        guard let attack else { return x }
        let numbers = (0..<batch).map { UInt64(first + $0) }
        var y = x
        x.withUnsafeBufferPointer { x in
            wanted.withUnsafeBufferPointer { wanted in
                numbers.withUnsafeBufferPointer { numbers in
                    guard let x = x.baseAddress, let wanted = wanted.baseAddress, let numbers = numbers.baseAddress
                    else { return }
                    let rows = AttackBatch(x: x, labels: wanted, images: numbers, seed: seed)
                    attack.perturb(rows, to: &y, model: model)
                }
            }
        }
        return y
    }

    /// What the model says about each of a batch of images.
    private func predictions(_ x: [Float]) -> [AttackedImage.Prediction] {
        let classes = model.classes
        let z = model.logits(x)
        return (0..<batch).map { n in
            let best = max(Training.largest(z + n * classes, classes), 0)
            var p = [Float](repeating: 0, count: classes)
            softmax(z + n * classes, classes, to: &p)
            return AttackedImage.Prediction(index: best, label: name(best), probability: p[best])
        }
    }

    /// A class as it is called.
    public func name(_ index: Int) -> String { labels.flatMap { index < $0.count ? $0[index] : nil } ?? String(index) }
}
