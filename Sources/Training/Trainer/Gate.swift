import CSystem
import Engine

/// The last judgement over a new model, on images that no schedule and no guard has seen: it may replace the old one only
/// if it is harder to fool, and not at too high a price.
public struct Gate: Sendable {
    /// Which images each model gets right, clean and under attack, in the same order.
    public struct Answers: Sendable {
        public var clean: [Bool]
        public var robust: [Bool]

        public init(clean: [Bool], robust: [Bool]) { (self.clean, self.robust) = (clean, robust) }
    }

    public let count: Int
    public let clean: (before: Double, after: Double)
    public let robust: (before: Double, after: Double)
    /// 1.96 standard errors of robust.after - robust.before, from pairs.
    public let interval: Double
    /// Why the new model is refused, in words; nil if it passes.
    public let refusal: String?

    /// `hardens`: trained under attack, between `classes` classes; otherwise clean accuracy is what has to rise or stay.
    public init(before: Answers, after: Answers, classes: Int, hardens: Bool, minClean: Double?) {
        precondition(before.clean.count == after.clean.count && before.robust.count == after.robust.count)
        count = after.clean.count
        clean = (Gate.share(before.clean), Gate.share(after.clean))
        robust = (Gate.share(before.robust), Gate.share(after.robust))
        let (old, new) = hardens ? (before.robust, after.robust) : (before.clean, after.clean)
        interval = Gate.interval(old, new)
        // A model that always says the same is right that often, whatever the attack.
        let chance = 1 / Double(max(classes, 2))
        let most = chance + 1.96 * ks_sqrt(chance * (1 - chance) / Double(max(count, 1)))
        refusal =
            clean.after <= most
            ? "clean accuracy \(percent(clean.after)) is at the level of chance"
            : Gate.refusal(clean, robust, interval, hardens, minClean)
    }

    private static func share(_ right: [Bool]) -> Double {
        right.isEmpty ? 0 : Double(right.reduce(0) { $0 + ($1 ? 1 : 0) }) / Double(right.count)
    }

    /// Of the difference of two shares measured on the same images: b images won, c lost of n have the variance
    /// (b + c - (b - c)² / n) / n² (McNemar 1947). One image each is added so that no change does not mean certainty.
    static func interval(_ old: [Bool], _ new: [Bool]) -> Double {
        let n = Double(old.count)
        if n == 0 { return 1 }
        var (won, lost) = (1.0, 1.0)
        for (a, b) in zip(old, new) {
            if !a && b { won += 1 }
            if a && !b { lost += 1 }
        }
        return 1.96 * ks_sqrt(max(won + lost - (won - lost) * (won - lost) / n, 0)) / n
    }

    private static func refusal(
        _ clean: (before: Double, after: Double), _ robust: (before: Double, after: Double), _ interval: Double,
        _ hardens: Bool, _ minClean: Double?
    ) -> String? {
        if let minClean, clean.after < minClean {
            return "clean accuracy \(percent(clean.after)) is below the wanted \(percent(minClean))"
        }
        let (gain, loss) = (robust.after - robust.before, clean.before - clean.after)
        if !hardens {
            return loss > interval
                ? "clean accuracy fell from \(percent(clean.before)) to \(percent(clean.after)), more than chance explains"
                : nil
        }
        let rise = "accuracy under attack went from \(percent(robust.before)) to \(percent(robust.after))"
        if gain < 0 { return "\(rise): it fell" }
        if gain <= interval { return "\(rise), which is within its interval of ±\(percent(interval))" }
        if gain <= loss {
            return
                "\(rise), but clean accuracy fell by as much or more, from \(percent(clean.before)) to \(percent(clean.after))"
        }
        return nil
    }
}

/// 0.4312 as `43.1 %`.
public func percent(_ share: Double) -> String {
    let tenths = Int((share * 1000).rounded())
    let sign = tenths < 0 ? "-" : ""
    return sign + "\(tenths.magnitude / 10).\(tenths.magnitude % 10) %"
}
