/// a ← d a + (1 - d) w, d = min(decay, 1 - 1 / time): the plain mean of all weights until that is the longer memory,
/// an exponential mean from then on, so the start leaves no bias (Polyak, Juditsky 1992).
public struct WeightAverage: Sendable {
    public let decay: Double

    public init(decay: Double = 0.999) {
        precondition(decay >= 0 && decay < 1)
        self.decay = decay
    }

    /// The same for each of `count` weights; `time` counts updates from 1.
    public func step(
        _ average: UnsafeMutablePointer<Float>, weights: UnsafePointer<Float>, count: Int, time: Int
    ) {
        let share = Float(1 - min(decay, 1 - 1 / Double(time)))
        if share == 1 { return average.update(from: weights, count: count) }
        for i in 0..<count { average[i] += share * (weights[i] - average[i]) }
    }
}
