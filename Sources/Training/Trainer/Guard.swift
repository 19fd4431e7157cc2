import CSystem
import Engine

/// Watches accuracies during a run: tells which weights to keep, and when to go back to them.
///
/// Catastrophic overfitting (Wong et al. 2020) shows as training accuracy under a one-step attack that rises while
/// accuracy under PGD collapses; divergence as a loss that is no number, or accuracy at the level of chance with a loss no
/// better than that of guessing, ln(classes): while ε grows, three judgements in a row.
public struct Guard: Sendable {
    public enum Verdict: Sendable, Equatable {
        /// The best so far: keep these weights.
        case best
        case fine
        /// Go back to the best weights, for this reason.
        case collapse(String)
    }

    /// Score of the best weights; -1 before the first.
    public private(set) var best = -1.0
    /// The highest clean accuracy so far.
    public private(set) var bestClean = 0.0
    public private(set) var bestStep = 0
    public private(set) var rollbacks = 0
    /// Judgements in a row that were no better than guessing.
    public private(set) var guesses = 0
    private let hardens: Bool
    private let classes: Int

    public init(hardens: Bool, classes: Int) { (self.hardens, self.classes) = (hardens, classes) }

    /// What is kept best: accuracy under attack, and clean accuracy with a small weight to break ties between weights that
    /// are equally robust up to chance. Without attack clean accuracy alone.
    private func score(_ clean: Double, _ robust: Double) -> Double { hardens ? robust + clean / 4 : clean }

    /// `margin`: the half width of the interval of `robust`. `settled`: ε has reached its full size, or nothing attacks.
    public mutating func judge(
        step: Int, clean: Double, robust: Double, loss: Double, margin: Double, settled: Bool
    ) -> Verdict {
        if !loss.isFinite {
            rollbacks += 1
            return .collapse("the loss is not a number any more")
        }
        // A net that always gives one answer is right on its share of pictures, attacked or not. Nets pass through that while
        // they learn about the attack, which their loss shows; going back would undo it. They are not kept, though.
        let chance = 1 / Double(max(classes, 2))
        let learnt = bestClean - chance
        if learnt > 0.15 && clean < chance + 0.15 * learnt {
            guesses = loss < -ks_log(chance) ? 0 : guesses + 1
            if guesses < (settled ? 1 : 3) { return .fine }
            rollbacks += 1
            guesses = 0
            return .collapse("accuracy collapsed to \(percent(clean)), the level of chance")
        }
        guesses = 0
        bestClean = max(bestClean, clean)
        let value = score(clean, robust)
        if value > best {
            (best, bestStep) = (value, step)
            return .best
        }
        if hardens && settled && best - value > max(0.12, 2.5 * margin) && value < best / 2 {
            rollbacks += 1
            return .collapse(
                "accuracy under PGD collapsed to \(percent(robust)) while clean accuracy is \(percent(clean)): "
                    + "catastrophic overfitting")
        }
        return .fine
    }

    public var state: [Double] { [best, bestClean, Double(bestStep), Double(rollbacks), Double(guesses)] }

    public mutating func restore(_ state: [Double]) throws(KingletError) {
        try require(
            state.count == 5 && state[2] >= 0 && state[2] < min(1e15, Double(Int.max)) && state[3] >= 0
                && state[3] < 1e9 && state[4] >= 0 && state[4] < 1e9, .badFile,
            "the checkpoint's guard cannot be read")
        (best, bestClean, bestStep, rollbacks) = (state[0], state[1], Int(state[2]), Int(state[3]))
        guesses = Int(state[4])
    }
}
