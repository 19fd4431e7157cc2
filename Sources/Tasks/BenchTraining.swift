import CSystem
import Engine
import ONNX
import Training
import Vision

/// How fast a model is trained on this machine.
public struct TrainingRate: Sendable {
    public let model: String
    public let attack: String
    public let isa: String
    public let threads: Int
    public let batch: Int
    /// Nanoseconds of processor time of every step, in rising order.
    public let cpu: [UInt64]
    public let wall: [UInt64]
    public let parameters: Int
    public let arenaBytes: Int
    public let peakBytes: Int

    private func rate(_ times: [UInt64]) -> Double {
        let median = percentile(times, 50)
        return median == 0 ? 0 : Double(batch) * 1e9 / Double(median)
    }
    public var imagesPerSecond: Double { rate(wall) }
    public var imagesPerCpuSecond: Double { rate(cpu) }

    public var json: JSON {
        .object([
            ("model", .string(model)), ("attack", .string(attack)), ("isa", .string(isa)), ("threads", .int(threads)),
            ("batch", .int(batch)), ("steps", .int(cpu.count)), ("imagesPerSecond", .number(imagesPerSecond)),
            ("imagesPerCpuSecond", .number(imagesPerCpuSecond)), ("parameters", .int(parameters)),
            ("arenaBytes", .int(arenaBytes)), ("peakBytes", .int(peakBytes)),
        ])
    }
}

/// Random pictures, the same ones in every epoch.
private final class NoiseImages: TrainingImages {
    let count: Int
    private let pixels: Storage
    private let size: Int
    private let classes: Int

    init(_ count: Int, pixels size: Int, classes: Int) throws(KingletError) {
        (self.count, self.size, self.classes) = (count, size, classes)
        pixels = try Storage(bytes: count * size)
        var random = Random(seed: 1)
        let to = pixels.base.assumingMemoryBound(to: UInt8.self)
        for i in 0..<count * size { to[i] = UInt8(truncatingIfNeeded: random.next()) }
    }

    func load(
        epoch: Int, first: Int, count: Int, pixels y: UnsafeMutablePointer<Float>, labels: UnsafeMutablePointer<Int32>,
        numbers: UnsafeMutablePointer<UInt64>
    ) {
        let x = pixels.base.assumingMemoryBound(to: UInt8.self) + first * size
        for i in 0..<count * size { y[i] = Float(x[i]) }
        for n in 0..<count {
            labels[n] = Int32((first + n) % classes)
            numbers[n] = UInt64(first + n)
        }
    }
}

/// Trains a model on random pictures with SGD (momentum 0.9, weight decay 5e-4) at ε 8/255, again and again.
/// `attack` is `sgd` for none.
public func benchTraining(
    _ options: NetworkOptions, settings: ImageSettings, attack: String, part: String, seconds: Double
) throws(KingletError) -> TrainingRate {
    let spec = attack == "sgd" ? AttackSpec(.clean) : try AttackSpec(parsing: attack)
    let optimizer = try optimizer("sgd")
    let batch = options.batch ?? 64
    let threads = try ThreadPool(options.threads)
    var traineeOptions = Trainee.Options()
    traineeOptions.part = try TrainedPart(parsing: part)
    traineeOptions.slots = optimizer.slots
    traineeOptions.programs = Trainer.programs(spec)
    traineeOptions.batch = batch
    traineeOptions.threads = options.threads
    let trainee = try Trainee(try readModel(options.model), name: options.name, settings, traineeOptions)
    let model = try trainee.session(threads: threads)
    let images = try NoiseImages(batch, pixels: model.pixels, classes: model.classes)
    let trainer = try Trainer(
        model, images, trainee.weights, optimizer, average: nil,
        .init(spec, epsilon: Epsilon(pixels: 8), batch: batch, seed: 1))

    var (cpu, wall) = ([UInt64](), [UInt64]())
    let warmed = ks_now() + UInt64(seconds * 0.2e9)
    repeat { _ = trainer.step(rate: 1e-4, share: 1) } while trainer.steps < 2 || ks_now() < warmed
    let end = ks_now() + UInt64(seconds * 1e9)
    while wall.count < 4 || ks_now() < end {
        let (clock, busy) = (ks_now(), ks_process_cpu())
        _ = trainer.step(rate: 1e-4, share: 1)
        cpu.append(ks_process_cpu() - busy)
        wall.append(ks_now() - clock)
    }
    return TrainingRate(
        model: options.name, attack: spec.text, isa: trainee.plan.target.kernels.isa.name, threads: options.threads,
        batch: batch, cpu: cpu.sorted(), wall: wall.sorted(), parameters: trainee.parameters,
        arenaBytes: trainee.plan.arenaBytes, peakBytes: Int(ks_peak_bytes()))
}
