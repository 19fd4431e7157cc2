import Engine

extension AttackSpec {
    /// The attack on `model`; nil where images stay as they are: `clean`, and `free`, whose perturbation belongs to
    /// training. `epsilon` applies where the text names none. `evaluating`: always in the ball, and on the 8-bit grid
    /// unless `grid` says otherwise.
    public func make(
        epsilon given: Epsilon, model: any AttackedModel, evaluating: Bool, targeted: Bool = false, grid: Bool? = nil
    ) throws(KingletError) -> (any Attack)? {
        try require(
            !(evaluating && trainsOnly), .usage,
            "attack '\(text)' trains only: give clean, fgsm, fgsm-rs, pgd:…, pgd-margin:…, pgd-l2:… or deepfool"
        )
        let (batch, pixels, classes) = (model.batch, model.pixels, model.classes)
        let reach = self.reach(given).pixels
        if kind == .clean || kind == .free { return nil }
        if kind == .deepFool {
            var s = DeepFool.Settings()
            (s.epsilon, s.steps, s.targeted, s.grid) = (reach, steps, targeted, grid ?? evaluating)
            return try DeepFool(s, batch: batch, pixels: pixels, classes: classes)
        }
        var s = GradientAttack.Settings(epsilon: reach)
        (s.norm, s.restarts, s.targeted, s.grid) = (norm, restarts, targeted, grid ?? evaluating)
        s.steps = kind == .fixed ? 10 : steps
        s.alpha = alpha.map { $0.pixels / reach } ?? AttackSpec.defaultAlpha(kind, steps: s.steps)
        switch kind {
        case .fgsm: s.start = .image
        case .nfgsm: (s.start, s.projects) = (.uniform(2), false)
        case .trades: (s.start, s.objective) = (.normal(0.255), .divergence)
        case .pgdMargin: (s.start, s.objective) = (.uniform(1), .margin)
        default: s.start = .uniform(1)
        }
        return try GradientAttack(s, batch: batch, pixels: pixels, classes: classes)
    }

    /// The ε in force: its own, or the command's; L2 attacks have their own standard.
    public func reach(_ given: Epsilon) -> Epsilon { epsilon ?? (kind == .pgdL2 ? AttackSpec.defaultL2 : given) }
}
