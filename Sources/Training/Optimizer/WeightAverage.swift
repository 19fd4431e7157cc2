/// a ← a + share (w - a), share = 1 - d, d = min(decay, t / (9 + t)) at step t: the memory grows with the run until it is
/// that of `decay`, so neither the start nor weights long left behind weigh much (the moving average of TensorFlow, Abadi
/// et al. 2016; averages of the weights: Polyak, Juditsky 1992).
public struct WeightAverage: Sendable {
    public let decay: Double

    public init(decay: Double = 0.999) {
        precondition(decay >= 0 && decay < 1)
        self.decay = decay
    }

    /// What the weights after update `time`, counted from 1, weigh in the average; all at the first.
    public func share(at time: Int) -> Double { time <= 1 ? 1 : 1 - min(decay, Double(time) / Double(9 + time)) }

    /// The same for each of `count` weights; `time` counts updates from 1.
    public func step(
        _ average: UnsafeMutablePointer<Float>, weights: UnsafePointer<Float>, count: Int, time: Int
    ) {
        let share = Float(share(at: time))
        if share == 1 { return average.update(from: weights, count: count) }
        for i in 0..<count { average[i] += share * (weights[i] - average[i]) }
    }
}
