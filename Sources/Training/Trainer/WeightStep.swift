import Engine

/// One optimizer step over all trained weights, shared among workers, and the moving average of the weights behind it.
final class WeightStep: ParallelJob {
    private let slices: [ParameterSlice]
    /// What the rate is multiplied by.
    private let factors: [Float]
    private let averages: [UnsafeMutablePointer<Float>]
    private let optimizer: any Optimizer
    private let average: WeightAverage?
    private var rate: Float = 0
    private var time = 0

    /// The last slot of each parameter holds its average where there is one.
    init(
        _ session: TrainingSession, decays: [Bool], factors: [Float], _ optimizer: any Optimizer,
        _ average: WeightAverage?
    ) {
        self.factors = factors
        self.optimizer = optimizer
        self.average = average
        var (slices, averages): ([ParameterSlice], [UnsafeMutablePointer<Float>]) = ([], [])
        for (p, decays) in zip(session.parameters, decays) {
            guard let gradient = p.gradient else { continue }
            slices.append(
                ParameterSlice(
                    weights: p.weights.f32, gradients: gradient.f32, state: p.slots.first ?? p.weights.f32,
                    stride: p.slots.count > 1 ? p.slots[1] - p.slots[0] : 0, count: p.weights.count, decays: decays))
            if average != nil, let last = p.slots.last { averages.append(last) }
        }
        self.slices = slices
        self.averages = averages
    }

    /// `time` counts steps from 1.
    func run(_ threads: ThreadPool, rate: Float, time: Int, clip: Float?) {
        (self.rate, self.time) = (rate, time)
        if let clip { _ = clipGradients(slices, to: clip) }
        threads.run(self)
    }

    func run(_ worker: Worker) {
        for (i, slice) in slices.enumerated() {
            let share = worker.share(of: slice.count, grain: 16)
            if share.isEmpty { continue }
            optimizer.step(slice.part(share), rate: rate * factors[i], time: time)
            guard let average, i < averages.count else { continue }
            let first = share.lowerBound
            average.step(averages[i] + first, weights: slice.weights + first, count: share.count, time: time)
        }
    }
}
