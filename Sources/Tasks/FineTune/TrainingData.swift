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
        // A large progressive JPEG may not take what the limit leaves to training.
        var limits = JPEG.Limits()
        if let memory { limits.bytes = max(min(limits.bytes, memory / 4 / threads.count), 1 << 20) }
        cache = try ImageCache(
            data, preprocess, layout, classes: classes.index, memory: memory, threads: threads, limits: limits)
        var options = DataSplit.Options()
        (options.validation, options.gate) = (held, held)
        split = try DataSplit(cache, classes.labels, seed: seed, options)
        balance = try Balance(cache, split, classes)
        notes = classes.report + balance.warnings
    }

    public var bytes: Int { ImageCache.bytes(cache.count, cache.size, cache.channels) }
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
