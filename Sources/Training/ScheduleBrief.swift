import CSystem
import Engine

/// AccelAT for runs of a few epochs: the gradient of the validation accuracy under attack decides how high the rate
/// climbs and when it cools, so that neither a starting rate nor a number of epochs has to be guessed.
///
///     rate(e) = peak · warm(e) · cool(e)
///     warm    0 → 1 over `warmup`, from the start and from every recovery
///     peak    × growth at each observation while accuracy clearly gains, once ε is full; a step back if it falls
///     cool    1 → 0 over `cool` · (epochs so far), from the moment accuracy gains less than `threshold` per period
///
/// The gain is that of the means of two half periods, both after ε has grown to its full size. A period is an epoch, or
/// several where an epoch has few steps.
public final class AccelATBrief: LearningRateSchedule {
    private struct Observation { let progress, accuracy, images, loss: Double }

    public let name = "accelat-brief"
    public let observationsPerEpoch: Int
    public let epsilonRamp: Double
    /// Epochs: the most there are, in a period, in each of the two windows whose means are compared.
    private let (epochs, period, half): (Double, Double, Double)
    private let (warmup, growth, floor, ceiling, threshold, cool): (Double, Double, Double, Double, Double, Double)
    private let triggers, recovers: Bool
    /// Recoveries after which it cools whatever the accuracy does.
    private let patience = 4.0
    /// Progress is a sum of fractions.
    private let slack = 1e-6

    private var peak: Float
    private var searching: Bool
    private var (warmStart, warmLength): (Double, Double)
    private var (coolStart, coolEnd): (Double, Double)
    private var recoveries = 0.0
    private var observations: [Observation] = []

    init(_ settings: ScheduleSettings) {
        epochs = settings["epochs", or: 20 * settings["period"]]
        // A short budget is a long one in small.
        period = min(settings["period"], epochs / 3)
        epsilonRamp = settings["epsilon-ramp", or: period]
        observationsPerEpoch = min(max(Int((settings["observations"] / period).rounded()), 1), 16)
        half = max(period / 2, 1 / Double(observationsPerEpoch))
        warmup = settings["warmup"] * period
        growth = settings["growth"]
        (floor, ceiling) = (settings["rate"], settings["rate"] * settings["most"])
        threshold = settings["threshold"]
        cool = settings["cool"]
        triggers = settings["trigger"] != 0
        recovers = settings["recovery"] != 0
        peak = Float(settings["rate"])
        searching = settings["search"] != 0
        (warmStart, warmLength) = (0, min(warmup, epochs / 4))
        (coolStart, coolEnd) = (epochs / (1 + cool), epochs)
    }

    public func rate(at progress: Double) -> Float { Float(Double(peak) * warm(progress) * cooled(progress)) }

    /// The first step is not lost to a rate of 0.
    private func warm(_ progress: Double) -> Double {
        warmLength > 0 ? min(max((progress - warmStart) / warmLength, 0.05), 1) : 1
    }

    private func cooled(_ progress: Double) -> Double {
        if progress <= coolStart && progress < coolEnd { return 1 }
        return max((coolEnd - progress) / (coolEnd - coolStart + 1e-12), 0)
    }

    public func end(at progress: Double) -> Double {
        if progress >= coolStart || !triggers { return coolEnd }
        return min(max(progress, epsilonRamp + 2 * half) * (1 + cool) + slack, coolEnd)
    }

    public func observe(_ report: EpochReport) {
        let now = report.progress
        if report.diverged {
            searching = false
            return
        }
        guard now < coolStart, !report.accuracy.isNaN else { return }
        observations.append(
            Observation(
                progress: now, accuracy: report.accuracy, images: Double(report.images), loss: report.loss))
        observations.removeAll { $0.progress <= now - 2 * half + slack }
        // While ε grows, falling behind it is worse than a rate too low or too high.
        if searching && now > max(warmStart + warmLength, epsilonRamp) + slack { search() }
        if triggers, now - 2 * half >= epsilonRamp - slack, let gain = gain(now), gain < threshold { startCooling(now) }
    }

    /// Raises the rate while accuracy gains more than `threshold` and noise explain; takes back what hurts beyond noise.
    private func search() {
        guard observations.count > 1 else { return }
        let (last, before) = (observations[observations.count - 1], observations[observations.count - 2])
        let noise = max(2 * error(last, before), abs(threshold) * (last.progress - before.progress) / period)
        if before.accuracy - last.accuracy > noise || last.loss > before.loss * 1.1 {
            peak = Float(max(Double(peak) / growth, floor))
            searching = false
            observations = [last]
            return
        }
        let first = observations[max(observations.count - 3, 0)]
        let gain = (last.accuracy - first.accuracy - error(last, first)) / (last.progress - first.progress) * period
        let next = Double(peak) * growth
        if gain >= threshold && next <= ceiling { peak = Float(next) } else { searching = false }
    }

    /// Standard error of the difference of two shares; one image more and one less keep it from vanishing near 0 and 1.
    private func error(_ a: Observation, _ b: Observation) -> Double {
        guard a.images > 0, b.images > 0 else { return 0 }
        let (p, each) = ((a.accuracy + b.accuracy) / 2, 1 / a.images + 1 / b.images)
        return ks_sqrt((p * (1 - p) + each / 2) * each)
    }

    /// Accuracy gained per period between the two windows that end now; nil where one is not fully known.
    private func gain(_ now: Double) -> Double? {
        let late = mean { $0.progress > now - half + slack }
        let early = mean { $0.progress <= now - half + slack }
        let least = max((Double(observationsPerEpoch) * half + slack).rounded(.down), 1)
        guard late.count >= least, early.count >= least else { return nil }
        return (late.accuracy - early.accuracy) / (late.progress - early.progress) * period
    }

    private func mean(_ isMeant: (Observation) -> Bool) -> (progress: Double, accuracy: Double, count: Double) {
        var (progress, accuracy, count) = (0.0, 0.0, 0.0)
        for each in observations where isMeant(each) {
            progress += each.progress
            accuracy += each.accuracy
            count += 1
        }
        return (progress / count, accuracy / count, count)
    }

    private func startCooling(_ now: Double) {
        (coolStart, coolEnd) = (now, min(now * (1 + cool), epochs))
        searching = false
        observations = []
    }

    public func recover(at progress: Double) {
        guard recovers else { return }
        peak /= 2
        recoveries += 1
        searching = false
        observations = []
        (warmStart, warmLength) = (progress, min(warmup, max(coolEnd - progress, 0) / 4))
        if recoveries >= patience && progress < coolStart { startCooling(progress) }
    }

    public var state: [Double] {
        [Double(peak), searching ? 1 : 0, warmStart, warmLength, coolStart, coolEnd, recoveries]
            + observations.flatMap { [$0.progress, $0.accuracy, $0.images, $0.loss] }
    }

    public func restore(_ state: [Double]) throws(KingletError) {
        try require(
            state.count >= 7 && state.count % 4 == 3 && state[0] > 0 && (state[1] == 0 || state[1] == 1)
                && isCount(state[6]), .badFile, "this is no state of schedule \(name)")
        (peak, searching) = (Float(state[0]), state[1] == 1)
        (warmStart, warmLength, coolStart, coolEnd) = (state[2], state[3], state[4], state[5])
        recoveries = state[6]
        observations = stride(from: 7, to: state.count, by: 4).map {
            Observation(progress: state[$0], accuracy: state[$0 + 1], images: state[$0 + 2], loss: state[$0 + 3])
        }
    }
}
