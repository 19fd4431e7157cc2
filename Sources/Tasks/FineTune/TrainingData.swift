import Engine
import ONNX
import Training
import Vision

/// The pictures of a run, decoded, split, labelled for the model.
public final class TrainingData {
    public let cache: ImageCache
    public let split: DataSplit
    public let balance: Balance
    /// What the user should know, as sentences.
    public let notes: [String]

    /// `layout` is that of the model's input.
    init(
        _ data: Dataset, _ classes: ClassMap, _ preprocess: Preprocess, _ layout: Layout, held: Double, seed: UInt64,
        memory: Int?, threads: ThreadPool
    ) throws(KingletError) {
        cache = try ImageCache(
            data, preprocess, layout, classes: classes.index, memory: memory, threads: threads,
            limits: JPEG.Limits(memory: memory, workers: threads.count))
        var options = DataSplit.Options()
        (options.validation, options.gate) = (held, held)
        split = try DataSplit(cache, classes.labels, seed: seed, options)
        balance = try Balance(cache, split, classes)
        notes = classes.report + balance.warnings
    }

    /// Replaces the pictures to train on by what `spec` makes of them with the weights as they are: AccelAT's own protocol
    /// (Nikfam et al. 2022).
    func attack(_ spec: AttackSpec, _ epsilon: Epsilon, _ model: SessionModel, seed: UInt64) throws(KingletError) {
        guard let attack = try spec.make(epsilon: epsilon, model: model, evaluating: false) else { return }
        let (batch, step) = (model.batch, cache.step)
        let room = try Storage(bytes: batch * (8 + 8 * step + 4))
        let numbers = room.base.assumingMemoryBound(to: UInt64.self)
        let x = (room.base + 8 * batch).assumingMemoryBound(to: Float.self)
        let attacked = x + batch * step
        let labels = (room.base + batch * (8 + 8 * step)).assumingMemoryBound(to: Int32.self)
        for first in stride(from: 0, to: split.train.count, by: batch) {
            let count = min(batch, split.train.count - first)
            for n in 0..<batch {
                let i = Int(split.train[first + min(n, count - 1)])
                (numbers[n], labels[n]) = (UInt64(i), n < count ? cache.labels[i] : -1)
                for p in 0..<step { x[n * step + p] = Float(cache.u8(i)[p]) }
            }
            attack.perturb(AttackBatch(x: x, labels: labels, images: numbers, seed: seed), to: attacked, model: model)
            for n in 0..<count {
                let to = UnsafeMutablePointer(mutating: cache.u8(Int(numbers[n])))
                for p in 0..<step { to[p] = UInt8(min(max(attacked[n * step + p], 0), 255).rounded()) }
            }
        }
        withExtendedLifetime(room) {}
    }

    public var bytes: Int { ImageCache.bytes(cache.count, cache.size, cache.channels) }
}

extension JPEG.Limits {
    /// A large progressive picture may take a quarter of `memory`, shared among workers that decode at once.
    init(memory: Int?, workers: Int) {
        self.init()
        if let memory { bytes = max(min(bytes, memory / 4 / workers), 1 << 20) }
    }
}

/// Held-out pictures, as they are.
final class HeldImages: ImageSource {
    private let cache: ImageCache
    private let pictures: [Int32]

    init(_ cache: ImageCache, _ pictures: some Sequence<Int32>) {
        (self.cache, self.pictures) = (cache, Array(pictures))
    }

    var count: Int { pictures.count }
    func label(_ i: Int) -> Int32 { cache.labels[Int(pictures[i])] }

    func copy(_ i: Int, to pixels: UnsafeMutablePointer<Float>) {
        let x = cache.u8(Int(pictures[i]))
        for p in 0..<cache.step { pixels[p] = Float(x[p]) }
    }
}

/// Pictures to train on, in a new order every epoch, augmented.
final class ShuffledImages: TrainingImages {
    private let cache: ImageCache
    private let pictures: [Int32]
    private let augmentation: Augmentation
    private let augmenter: Augmenter
    private let seed: UInt64
    private var order: Batches
    private var epoch = 0

    init(
        _ cache: ImageCache, _ pictures: [Int32], _ augmentation: Augmentation, seed: UInt64
    ) throws(KingletError) {
        (self.cache, self.pictures, self.augmentation, self.seed) = (cache, pictures, augmentation, seed)
        augmenter = try Augmenter(augmentation, cache.size, cache.channels)
        order = Batches(pictures, batch: 1, seed: seed, epoch: 0)
    }

    var count: Int { pictures.count }

    func load(
        epoch: Int, first: Int, count: Int, pixels: UnsafeMutablePointer<Float>, labels: UnsafeMutablePointer<Int32>,
        numbers: UnsafeMutablePointer<UInt64>
    ) {
        if epoch != self.epoch {
            order = Batches(pictures, batch: 1, seed: seed, epoch: epoch)
            self.epoch = epoch
        }
        for n in 0..<count {
            let i = order.picture(first + n, 0)
            let random = Augmentation.random(seed: seed, epoch: epoch, index: i, of: cache.count)
            augmenter.augment(cache.u8(i), random, to: pixels + n * cache.step)
            labels[n] = cache.labels[i]
            numbers[n] = UInt64(i)
        }
    }
}
