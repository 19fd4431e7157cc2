import Testing
import Training

@Suite struct GateTests {
    /// `right` of `count` answers are right.
    private func some(_ right: Int, of count: Int) -> [Bool] { (0..<count).map { $0 < right } }

    @Test func onlyARobustnessThatRoseByMoreThanChanceAndMoreThanCleanFellPasses() {
        let cases: [(clean: (Int, Int), robust: (Int, Int), minClean: Double?, passes: Bool)] = [
            ((710, 600), (22, 370), nil, true),
            ((710, 600), (22, 370), 0.65, false),
            ((710, 600), (22, 370), 0.6, true),
            ((710, 710), (300, 305), nil, false),
            ((710, 715), (300, 390), nil, true),
            ((900, 500), (100, 400), nil, false),
            ((900, 900), (100, 100), nil, false),
            ((900, 950), (400, 300), nil, false),
            ((100, 105), (0, 105), nil, false),
        ]
        for c in cases {
            let gate = Gate(
                before: .init(clean: some(c.clean.0, of: 1000), robust: some(c.robust.0, of: 1000)),
                after: .init(clean: some(c.clean.1, of: 1000), robust: some(c.robust.1, of: 1000)), classes: 10,
                hardens: true,
                minClean: c.minClean)
            #expect((gate.refusal == nil) == c.passes, "\(c): \(gate.refusal ?? "passes")")
        }
    }

    @Test func withoutAttackCleanAccuracyMayNotFallByMoreThanChance() {
        for (before, after, passes) in [(700, 720, true), (700, 700, true), (700, 600, false)] {
            let gate = Gate(
                before: .init(clean: some(before, of: 1000), robust: some(0, of: 1000)),
                after: .init(clean: some(after, of: 1000), robust: some(0, of: 1000)), classes: 10, hardens: false,
                minClean: nil)
            #expect((gate.refusal == nil) == passes, "\(before) → \(after): \(gate.refusal ?? "passes")")
        }
    }

    @Test func theGuardKeepsTheBestAndGoesBackWhenPGDAccuracyCollapses() {
        var watch = Guard(hardens: true, classes: 10)
        #expect(watch.judge(step: 10, clean: 0.5, robust: 0.2, loss: 1, margin: 0.05, settled: true) == .best)
        #expect(watch.judge(step: 20, clean: 0.6, robust: 0.3, loss: 1, margin: 0.05, settled: true) == .best)
        #expect(watch.judge(step: 30, clean: 0.55, robust: 0.28, loss: 1, margin: 0.05, settled: true) == .fine)
        guard case .collapse = watch.judge(step: 40, clean: 0.75, robust: 0.01, loss: 0.4, margin: 0.05, settled: true)
        else { return #expect(Bool(false), "catastrophic overfitting was not seen") }
        guard case .collapse = watch.judge(step: 50, clean: 0.1, robust: 0.1, loss: .nan, margin: 0.05, settled: false)
        else { return #expect(Bool(false), "a loss of NaN was not seen") }
        #expect(watch.bestStep == 20 && watch.rollbacks == 2)
    }

    @Test func oneAnswerForAllPicturesIsACollapseAndNotTheBest() {
        for (learnt, fallen) in [(0.88, 0.11), (0.33, 0.12), (0.5, 0.1)] {
            var watch = Guard(hardens: true, classes: 10)
            #expect(watch.judge(step: 10, clean: learnt, robust: 0, loss: 2, margin: 0.05, settled: false) == .best)
            #expect(
                watch.judge(step: 20, clean: fallen, robust: fallen, loss: 2.3, margin: 0.1, settled: false) == .fine,
                "a net on its way to full ε was stopped, or kept")
            #expect(
                watch.judge(step: 25, clean: fallen, robust: 0, loss: 2.2, margin: 0.1, settled: true) == .fine,
                "a net whose loss falls was stopped")
            guard
                case .collapse = watch.judge(
                    step: 30, clean: fallen, robust: fallen, loss: 2.31, margin: 0.1, settled: true)
            else { return #expect(Bool(false), "\(learnt) → \(fallen) was not seen") }
            #expect(watch.bestStep == 10)
            // What learns all the same is left alone, what has stopped learning is not.
            for (loss, stuck) in [(2.5, false), (2.4, false), (2.2, false), (2.31, false), (2.31, false), (2.31, true)] {
                let verdict = watch.judge(step: 40, clean: fallen, robust: 0, loss: loss, margin: 0.1, settled: false)
                #expect((verdict != .fine) == stuck, "\(learnt) → \(fallen) at a loss of \(loss)")
            }
        }
        var learner = Guard(hardens: true, classes: 10)
        for clean in [0.1, 0.12, 0.2, 0.14, 0.3] {
            #expect(
                learner.judge(step: 1, clean: clean, robust: 0, loss: 2, margin: 0.1, settled: true)
                    != .collapse("accuracy collapsed to \(percent(clean)), the level of chance"))
        }
    }
}
