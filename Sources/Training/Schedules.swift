import Engine

private let ramp = ScheduleParameter("epsilon-ramp", 0, .nonNegative, "epochs over which the attack's ε grows")
private let stepped = ScheduleParameter("stepped", 0, .flag, "1: rates change between epochs only")
private let first = ScheduleParameter("first", .nan, .positive, "epoch at which the first part ends (a third)")
private let second = ScheduleParameter("second", .nan, .positive, "epoch at which the second part ends (two thirds)")
private let power = ScheduleParameter("power", 1, .positive, "exponent of the way down")

private func rate(_ standard: Double, _ about: String) -> ScheduleParameter {
    .init("rate", standard, .positive, about)
}
private func end(_ about: String) -> ScheduleParameter { .init("end-rate", .nan, .nonNegative, about) }
private func epochs(_ standard: Double) -> ScheduleParameter { .init("epochs", standard, .positive, "epochs in all") }

/// first < second < epochs.
@Sendable private func inOrder(_ s: ScheduleSettings) throws(KingletError) {
    let all = s["epochs"]
    try require(
        s["first", or: all / 3] < s["second", or: all / 3 * 2] && s["second", or: all / 3 * 2] < all, .usage,
        "'first', 'second' and 'epochs' must follow one another")
}

/// Every schedule. A new one adds its entry here.
public let schedules: [ScheduleEntry] = [
    ScheduleEntry(
        "accelat", "as published: shrinks when accuracy under attack stops rising",
        [
            rate(1e-3, "rate at the start"), epochs(50), ramp,
            .init("factor", 0.8, .positive, "what the rate is multiplied by"),
            .init("min-rate", 1e-6, .nonNegative, "rate never falls below"),
            .init("window", 5, .count, "epochs over which accuracies are averaged"),
            .init("quiet", 5, .whole, "epochs between two reductions"),
            .init("threshold", 0.005, .any, "gain of the mean accuracy below which the rate shrinks"),
        ]
    ) { AccelAT($0) },
    ScheduleEntry(
        "accelat-brief", "for a few epochs: climbs while accuracy under attack gains, cools when it gains little",
        [
            rate(0.03, "rate after the warm-up"),
            .init("epochs", .nan, .positive, "the most it may take (20 periods)"),
            .init("epsilon-ramp", .nan, .nonNegative, "epochs over which the attack's ε grows (a period)"),
            .init("period", 1, .positive, "epochs that count as one, more where an epoch has few steps"),
            .init("warmup", 0.5, .nonNegative, "periods of a linear rise from 0; 0: none"),
            .init("observations", 4, .count, "observations in a period"),
            .init("search", 1, .flag, "1: the rate climbs; 0: 'rate' is the peak"),
            .init("growth", 1.5, .positive, "what the rate is multiplied by at an observation"),
            .init("most", 2, .positive, "the peak in units of 'rate'"),
            .init("trigger", 1, .flag, "1: cools when accuracy gains little; 0: at the end of 'epochs'"),
            .init("threshold", 0.08, .any, "gain of accuracy per period that is little"),
            .init("cool", 0.6, .nonNegative, "length of the way down in units of the time before; 0: none"),
            .init("recovery", 1, .flag, "1: half the peak and a new warm-up after the guard went back"),
        ]
    ) { AccelATBrief($0) },
    ScheduleEntry("constant", "one rate", [rate(1e-4, "the rate"), epochs(50), ramp]) {
        CurveSchedule("constant", .constant, $0)
    },
    ScheduleEntry(
        "piecewise", "three rates",
        [
            rate(1e-4, "the first rate"), .init("mid-rate", .nan, .nonNegative, "the second (a tenth)"),
            end("the last (a hundredth)"), epochs(50), ramp, first, second, stepped,
        ]
    ) { CurveSchedule("piecewise", .piecewise, $0) },
    ScheduleEntry(
        "linear", "down a line, once or in cycles",
        [
            rate(1e-4, "rate at the start"), end("rate at 'first' (a hundredth)"), epochs(50), ramp, first, power,
            .init("cycles", 0, .flag, "1: again and again, a cycle lasts 'first' epochs"), stepped,
        ]
    ) { CurveSchedule("linear", .linear, $0) },
    ScheduleEntry(
        "exponential", "rate · power^(epoch / first)",
        [
            rate(1e-4, "rate at the start"), epochs(50), ramp, first,
            .init("power", 0.1, .positive, "factor from epoch 0 to 'first'"), stepped,
        ]
    ) { CurveSchedule("exponential", .exponential, $0) },
    ScheduleEntry(
        "onecycle", "up to 10 times the rate, back, then down to a hundredth",
        [rate(1e-4, "rate at the start"), epochs(50), ramp, first, second, stepped], check: inOrder
    ) { CurveSchedule("onecycle", .oneCycle, $0) },
    ScheduleEntry(
        "cosine", "down half a wave, after a warm-up",
        [
            rate(1e-4, "the highest rate"), end("rate at the end (0)"), epochs(50), ramp,
            .init("warmup", 0, .nonNegative, "epochs of a linear rise from 0"), stepped,
        ],
        check: { s throws(KingletError) in
            try require(s["warmup"] < s["epochs"], .usage, "'warmup' must be shorter than 'epochs'")
        }
    ) { CurveSchedule("cosine", .cosine, $0) },
]
