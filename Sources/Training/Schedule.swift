import Engine

/// What an evaluation during training found.
public struct EpochReport: Sendable {
    /// Epochs trained so far; a fraction within an epoch.
    public let progress: Double
    /// Share of held-out images that are right under attack, 0 … 1; NaN if it was not measured.
    public let accuracy: Double
    /// Images that share was measured on, which tell how sure it is; 0: taken as exact.
    public let images: Int
    /// Mean training loss since the last report; NaN if it was not measured.
    public let loss: Double
    /// Whether training broke down: the loss is not finite, or the guard refuses the weights.
    public let diverged: Bool

    public init(progress: Double, accuracy: Double, images: Int = 0, loss: Double = .nan, diverged: Bool = false) {
        self.progress = progress
        self.accuracy = accuracy
        self.images = images
        self.loss = loss
        self.diverged = diverged
    }
}

/// How large a step is, and when training is over. Progress counts epochs and never runs backwards; all answers depend
/// on nothing but the settings, the reports and the recoveries so far.
public protocol LearningRateSchedule: AnyObject {
    var name: String { get }
    /// Reports wanted in each epoch.
    var observationsPerEpoch: Int { get }
    /// Epochs over which the attack's ε grows from 0 to its full size.
    var epsilonRamp: Double { get }
    /// The rate of the step that starts after `progress` epochs.
    func rate(at progress: Double) -> Float
    func observe(_ report: EpochReport)
    /// The guard went back to older weights: go on more carefully.
    func recover(at progress: Double)
    /// The epoch at which training ends, as far as is known after `progress` epochs.
    func end(at progress: Double) -> Double
    /// Everything that `rate` depends on beside the settings.
    var state: [Double] { get }
    func restore(_ state: [Double]) throws(KingletError)
}

extension LearningRateSchedule {
    /// Nothing is left to gain.
    public func isFinished(at progress: Double) -> Bool { progress >= end(at: progress) }

    /// ε's share of its full size, 0 … 1, for the step that starts after `progress` epochs.
    public func epsilonShare(at progress: Double) -> Double {
        progress < epsilonRamp ? progress / epsilonRamp : 1
    }
}
