import Engine

/// AccelAT as published (Nikfam et al., IEEE Access 2022): the rate shrinks by a factor when the validation accuracy
/// under attack, averaged over a window of epochs, gains less than a threshold from one epoch to the next.
///
///     m[e] = mean(a[e - window + 1 … e])
///     rate *= factor    if m[e] - m[e-1] < threshold, at most every `quiet` epochs, from epoch `window` + 1 on
public final class AccelAT: LearningRateSchedule {
    public let name = "accelat"
    public let observationsPerEpoch = 1
    public let epsilonRamp: Double
    private let (factor, least, threshold, epochs): (Double, Double, Double, Double)
    private let (window, quiet): (Int, Int)

    private var rate: Float
    /// Epochs observed, and observations since the last reduction.
    private var (epoch, waited): (Int, Int)
    private var mean = 0.0
    /// The last accuracies, oldest first, at most `window`.
    private var accuracies: [Double] = []

    init(_ settings: ScheduleSettings) {
        rate = Float(settings["rate"])
        factor = settings["factor"]
        least = settings["min-rate"]
        threshold = settings["threshold"]
        window = Int(settings["window"])
        quiet = Int(settings["quiet"])
        epochs = settings["epochs"]
        epsilonRamp = settings["epsilon-ramp"]
        (epoch, waited) = (0, quiet)
    }

    public func rate(at progress: Double) -> Float { rate }
    public func end(at progress: Double) -> Double { epochs }

    public func observe(_ report: EpochReport) {
        if accuracies.count == window { accuracies.removeFirst() }
        accuracies.append(report.accuracy)
        let m = pairwiseSum(accuracies[...]) / Double(accuracies.count)
        waited += 1
        // A rate is a float32; its arithmetic is not.
        var next = Double(rate)
        if epoch > window && waited > quiet && m - mean < threshold {
            next *= factor
            waited = 1
        }
        rate = Float(max(next, least))
        mean = m
        epoch += 1
    }

    /// Not part of the publication: half the rate, and accuracies from before do not count.
    public func recover(at progress: Double) {
        rate = Float(max(Double(rate) / 2, least))
        accuracies = []
        (epoch, waited) = (0, 0)
    }

    public var state: [Double] { [Double(rate), Double(epoch), Double(waited), mean] + accuracies }

    public func restore(_ state: [Double]) throws(KingletError) {
        try require(
            state.count >= 4 && state.count <= 4 + window && isCount(state[1]) && isCount(state[2]), .badFile,
            "this is no state of schedule \(name)")
        rate = Float(state[0])
        (epoch, waited) = (Int(state[1]), Int(state[2]))
        mean = state[3]
        accuracies = Array(state[4...])
    }
}

/// Whether a number from a file is a count.
func isCount(_ x: Double) -> Bool { x >= 0 && x < min(1e15, Double(Int.max)) && x.rounded() == x }

/// Σ x, rounded as NumPy rounds it, because AccelAT compares means with a threshold: up to 7 values in order, up to 128
/// in eight interleaved sums, more in halves.
func pairwiseSum(_ x: ArraySlice<Double>) -> Double {
    if x.count < 8 { return x.reduce(0, +) }
    if x.count > 128 {
        let half = x.startIndex + x.count / 2 / 8 * 8
        return pairwiseSum(x[..<half]) + pairwiseSum(x[half...])
    }
    let whole = x.startIndex + x.count / 8 * 8
    var s = InlineArray<8, Double> { x[x.startIndex + $0] }
    for i in stride(from: x.startIndex + 8, to: whole, by: 8) { for j in 0..<8 { s[j] += x[i + j] } }
    return x[whole...].reduce(((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7])), +)
}
