import Engine

/// An attack as it is written on the command line, in a recipe and in a report.
public struct AttackSpec: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// No attack.
        case clean
        case fgsm
        /// One step from a random start in the ball (Wong et al. 2020).
        case fgsmRS
        /// One step from noise twice as wide, not clipped to the ball (de Jorge et al. 2022).
        case nfgsm
        /// Projected gradient descent in L∞ (Madry et al. 2018).
        case pgd
        /// The same, on the difference of logits.
        case pgdMargin
        /// The same as `pgd` in L2.
        case pgdL2
        case deepFool
        /// PGD on KL(p(x) ‖ p(x′)), for the TRADES loss.
        case trades
        /// Free adversarial training: every batch is replayed `steps` times (Shafahi et al. 2019).
        case free
        /// A set of attacked images made once, before training.
        case fixed
    }

    public var kind: Kind
    public var steps: Int
    /// nil: what the command is given.
    public var epsilon: Epsilon?
    /// nil: `defaultAlpha`.
    public var alpha: Epsilon?
    public var restarts = 1
    public var beta = 6.0

    public init(_ kind: Kind, steps: Int = 1, epsilon: Epsilon? = nil, alpha: Epsilon? = nil, restarts: Int = 1) {
        (self.kind, self.steps, self.epsilon, self.alpha, self.restarts) = (kind, steps, epsilon, alpha, restarts)
    }

    public static let accepted = """
        none, clean, fgsm, fgsm-rs, nfgsm, pgd:STEPS[,EPS[,ALPHA[,RESTARTS]]], pgd20, pgd-margin:…, pgd-l2:…, \
        deepfool[:STEPS], trades[:BETA], free:M, static
        """

    public var norm: Norm { kind == .pgdL2 ? .euclidean : .max }

    /// Can be trained on only: `evaluate` needs an attack that stays in its ball and changes with the model.
    public var trainsOnly: Bool { [.nfgsm, .trades, .free, .fixed].contains(kind) }

    /// Step size of iterated attacks as a multiple of ε. L∞: ¼, which is 2/255 at ε = 8/255 (Madry et al. 2018), and
    /// 2.5 / steps, 1.25 at most, where fewer than 10 steps would not reach the far side of the ball. L2: 2.5 / steps.
    public static func defaultAlpha(_ kind: Kind, steps: Int) -> Float {
        let reach = 2.5 / Float(steps)
        switch kind {
        case .fgsm, .nfgsm, .free: return 1
        case .fgsmRS: return 1.25
        case .pgdL2: return reach
        default: return min(1.25, max(0.25, reach))
        }
    }

    /// ε of L2 attacks that name none: 128/255, RobustBench's. The command's ε is one of L∞.
    public static let defaultL2 = Epsilon(pixels: 128)

    /// As it is parsed.
    public var text: String {
        switch kind {
        case .clean: return "clean"
        case .fgsm: return "fgsm" + numbers(steps: false)
        case .fgsmRS: return "fgsm-rs" + numbers(steps: false)
        case .nfgsm: return "nfgsm" + numbers(steps: false)
        case .pgd: return "pgd" + numbers(steps: true)
        case .pgdMargin: return "pgd-margin" + numbers(steps: true)
        case .pgdL2: return "pgd-l2" + numbers(steps: true)
        case .deepFool: return "deepfool" + numbers(steps: true)
        case .trades: return "trades:" + Decimal.text(beta)
        case .free: return "free:\(steps)"
        case .fixed: return "static"
        }
    }

    /// `:STEPS,EPS,ALPHA,RESTARTS` without trailing defaults.
    private func numbers(steps counted: Bool) -> String {
        var fields = counted ? ["\(steps)"] : []
        fields += [epsilon?.text ?? "", alpha?.text ?? "", restarts > 1 ? "\(restarts)" : ""]
        while let last = fields.last, last.isEmpty { fields.removeLast() }
        var text = ""
        for (i, field) in fields.enumerated() { text += (i == 0 ? ":" : ",") + field }
        return text
    }
}
