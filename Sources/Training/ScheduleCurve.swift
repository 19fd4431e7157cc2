import CSystem
import Engine

/// A rate that depends on nothing but the epoch e.
public final class CurveSchedule: LearningRateSchedule {
    public enum Shape: Sendable { case constant, piecewise, linear, exponential, oneCycle, cosine }

    public let name: String
    public let observationsPerEpoch = 1
    public let epsilonRamp: Double
    private let shape: Shape
    private let (rate, middle, last): (Double, Double, Double)
    /// Epochs: where the first and second part end, all of them, and the warm-up.
    private let (first, second, epochs, warmup): (Double, Double, Double, Double)
    private let power: Double
    private let cycles, stepped: Bool
    /// Halved by every recovery.
    private var share = 1.0

    init(_ name: String, _ shape: Shape, _ settings: ScheduleSettings) {
        self.name = name
        self.shape = shape
        rate = settings["rate"]
        middle = settings["mid-rate", or: rate / 10]
        last = settings["end-rate", or: shape == .cosine ? 0 : rate / 100]
        epochs = settings["epochs"]
        first = settings["first", or: epochs / 3]
        second = settings["second", or: epochs / 3 * 2]
        warmup = settings["warmup", or: 0]
        power = settings["power", or: 1]
        cycles = settings["cycles", or: 0] != 0
        stepped = settings["stepped", or: 0] != 0
        epsilonRamp = settings["epsilon-ramp"]
    }

    public func rate(at progress: Double) -> Float {
        Float(share * value(stepped ? progress.rounded(.down) : progress))
    }

    /// from → to as t goes 0 → 1.
    private func blend(_ from: Double, _ to: Double, _ t: Double) -> Double { (from - to) * ks_pow(1 - t, power) + to }

    private func value(_ e: Double) -> Double {
        switch shape {
        case .constant: return rate
        case .piecewise: return e <= first ? rate : e <= second ? middle : last
        case .linear where cycles:
            // Every cycle starts one epoch down its own, ever flatter, line.
            let e = e.rounded(.down) + 1
            return blend(rate, last, e / (first * (e / first).rounded(.up)))
        case .linear: return blend(rate, last, min(e, first) / first)
        case .exponential: return rate * ks_pow(power, e / first)
        case .oneCycle:
            if e > second { return blend(rate, rate * 0.01, (e - second) / (epochs - second)) }
            if e > first { return blend(rate * 10, rate, (e - first) / (second - first)) }
            return blend(rate, rate * 10, e / first)
        case .cosine:
            if e < warmup { return rate * e / warmup }
            let t = min((e - warmup) / (epochs - warmup), 1)
            return last + (rate - last) * (1 + ks_cos(3.141592653589793 * t)) / 2
        }
    }

    public func observe(_ report: EpochReport) {}
    public func recover(at progress: Double) { share /= 2 }
    public func end(at progress: Double) -> Double { epochs }
    public var state: [Double] { [share] }

    public func restore(_ state: [Double]) throws(KingletError) {
        try require(state.count == 1, .badFile, "this is no state of schedule \(name)")
        share = state[0]
    }
}
