import CSystem
import Engine

/// Trains a network under attack, one optimizer step at a time. What it does depends on its settings and on the number
/// of the step alone, so that a run that was interrupted goes on to the same bits.
public final class Trainer {
    public struct Settings: Sendable {
        public var attack: AttackSpec
        public var epsilon: Epsilon
        /// Pictures in a step; the session takes as many at a time as its batch holds.
        public var batch: Int
        public var smoothing = 0.0
        /// Largest norm of the gradient of a step; nil for no limit.
        public var clip: Float?
        public var seed: UInt64

        public init(_ attack: AttackSpec, epsilon: Epsilon, batch: Int, seed: UInt64) {
            (self.attack, self.epsilon, self.batch, self.seed) = (attack, epsilon, batch, seed)
        }
    }

    public let model: SessionModel
    public let images: any TrainingImages
    public let settings: Settings
    /// Optimizer steps in an epoch; the last one takes what is left.
    public let stepsPerEpoch: Int
    /// Optimizer steps so far.
    public private(set) var steps = 0
    private var weights: WeightStep?
    private let pass: TrainingPass
    private let x: UnsafeMutablePointer<Float>
    private let labels: UnsafeMutablePointer<Int32>
    private let numbers: UnsafeMutablePointer<UInt64>
    private let memory: Storage

    /// `weights`: those of the session, in its order.
    public init(
        _ model: SessionModel, _ images: any TrainingImages, _ weights: [TrainableGraph.Weight],
        _ optimizer: any Optimizer, average: WeightAverage?, _ settings: Settings
    ) throws(KingletError) {
        (self.model, self.images, self.settings) = (model, images, settings)
        try require(settings.batch >= 1, .usage, "a batch of \(settings.batch)")
        stepsPerEpoch = (images.count + settings.batch - 1) / settings.batch
        pass = try TrainingPass(model, settings)
        let n = model.batch
        memory = try Storage(bytes: Trainer.bytes(batch: n, pixels: model.pixels))
        numbers = memory.base.assumingMemoryBound(to: UInt64.self)
        x = (memory.base + n * 8).assumingMemoryBound(to: Float.self)
        labels = (memory.base + n * 8 + n * model.pixels * 4).assumingMemoryBound(to: Int32.self)
        let first = firstLayerFactor()
        self.weights = WeightStep(
            model.session, decays: weights.map { $0.decays },
            factors: weights.map { $0.layer == 0 && $0.role == .weights ? first : 1 }, optimizer, average)
    }

    /// A layer that sees inputs of a typical size r instead of 1 has gradients r times as large, and weights that are r
    /// times as small: with x / r in place of x and r · w in place of w, a step of w would be 1 / r² times as long.
    /// Models that take pixels 0 … 255 as they are need this; r is rounded to a power of two.
    private func firstLayerFactor() -> Float {
        let count = min(model.batch, images.count)
        images.load(epoch: 0, first: 0, count: count, pixels: x, labels: labels, numbers: numbers)
        pad(count)
        let size = Trainer.typicalSize(model.input(x))
        var factor: Float = 1
        var reach = 2.0
        while size > reach * 1.4142135 && reach < 65536 {
            factor = Float(1 / (reach * reach))
            reach *= 2
        }
        return factor
    }

    /// √(Σ x² / count).
    private static func typicalSize(_ view: TensorView) -> Double {
        guard view.type.dtype == .f32, view.count > 0 else { return 1 }
        var sum = 0.0
        for i in 0..<view.count { sum += Double(view.f32[i]) * Double(view.f32[i]) }
        return (sum / Double(view.count)).squareRoot()
    }

    private static func bytes(batch: Int, pixels: Int) -> Int { batch * (pixels * 4 + 12) }

    /// Programs that training on `attack` runs, and judging a model.
    public static func programs(_ attack: AttackSpec) -> [Program] {
        [.forward, .weights, .inputs] + (attack.kind == .free ? [.both] : [])
    }

    /// Beside the session: pictures, perturbations, logits.
    public var bytes: Int { memory.bytes + pass.bytes }

    /// Epochs so far.
    public var progress: Double { Double(steps) / Double(stepsPerEpoch) }

    /// Goes on after `steps` steps of an earlier run.
    public func resume(after steps: Int) { self.steps = steps }

    /// What free training carries from step to step; empty for other attacks.
    public var carried: UnsafeMutableBufferPointer<Float> { pass.carried }

    /// One optimizer step at learning rate `rate` (as many as replays in free training), with ε times `share`.
    public func step(rate: Float, share: Double) -> LossSums {
        let epoch = steps / stepsPerEpoch
        let first = steps % stepsPerEpoch * settings.batch
        let count = min(settings.batch, images.count - first)
        var sums = LossSums()
        for replay in 0..<pass.replays {
            var done = 0
            while done < count {
                let part = min(model.batch, count - done)
                images.load(
                    epoch: epoch, first: first + done, count: part, pixels: x, labels: labels, numbers: numbers)
                pad(part)
                sums += pass.run(
                    x, labels, numbers, seed: settings.seed &+ UInt64(steps) &* 0x9E37_79B9, weight: 1 / Float(count),
                    reach: share, first: done, count: part)
                done += part
            }
            model.session.finish()
            weights?.run(
                model.session.threads, rate: rate, time: steps * pass.replays + replay + 1, clip: settings.clip)
            model.session.weightsChanged()
            model.session.clearGradients()
        }
        steps += 1
        return sums
    }

    /// Nanoseconds that a step takes, from the first micro-batch of the data; weights stay as they are.
    public func probe() -> UInt64 {
        let count = min(model.batch, images.count)
        // The first run touches memory for the first time.
        var best = UInt64.max
        for _ in 0..<2 {
            let start = ks_now()
            images.load(epoch: 0, first: 0, count: count, pixels: x, labels: labels, numbers: numbers)
            pad(count)
            _ = pass.run(
                x, labels, numbers, seed: settings.seed, weight: 0, reach: carried.isEmpty ? 1 : 0, first: 0,
                count: min(count, settings.batch))
            best = min(best, ks_now() - start)
        }
        model.session.finish()
        model.session.clearGradients()
        let parts = (min(settings.batch, images.count) + model.batch - 1) / model.batch
        return best * UInt64(parts * pass.replays)
    }

    /// Rows without a picture repeat others, for the sake of statistics over the batch, and count nothing.
    private func pad(_ count: Int) {
        for n in count..<model.batch {
            labels[n] = -1
            numbers[n] = 0
            (x + n * model.pixels).update(from: x + n % count * model.pixels, count: model.pixels)
        }
    }
}
