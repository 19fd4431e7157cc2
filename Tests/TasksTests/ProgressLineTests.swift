import Tasks
import Testing

@Suite struct ProgressLineTests {
    private func state(_ step: Int) -> ProgressLine.State {
        var s = ProgressLine.State()
        (s.step, s.steps, s.epoch, s.epochs) = (step, 100, 2, 10)
        (s.loss, s.rate, s.clean, s.robust) = (1.23456, 0.01, 0.712, 0.37)
        return s
    }

    @Test func linesAreWrittenOverOnATerminal() {
        var progress = ProgressLine(terminal: true, width: 120, now: 0)
        let line = progress.line(state(40), now: 60_000_000_000)
        #expect(
            line == "\repoch 2/10  [========>           ] 40 %  loss 1.235  rate 0.01  clean 71.2 %  "
                + "attacked 37.0 %  1 min 30 s left\u{1B}[K")
        #expect(progress.line(state(41), now: 60_050_000_000).isEmpty)
        #expect(!progress.line(state(41), must: true, now: 60_050_000_000).isEmpty)
        #expect(!progress.line(state(42), now: 60_200_000_000).isEmpty)
        #expect(progress.end() == "\r\u{1B}[K" && progress.end().isEmpty)
        var narrow = ProgressLine(terminal: true, width: 30, now: 0)
        #expect(narrow.line(state(40), now: 1).count == 1 + 29 + 3)
    }

    @Test func linesFollowEachOtherElsewhere() {
        var progress = ProgressLine(terminal: false, first: 20, now: 0)
        let line = progress.line(state(40), now: 60_000_000_000)
        #expect(
            line == "epoch 2/10  40 %  loss 1.235  rate 0.01  clean 71.2 %  attacked 37.0 %  3 min left\n")
        #expect(progress.line(state(41), now: 80_000_000_000).isEmpty && progress.end().isEmpty)
    }

    @Test func durationsAreShort() {
        let cases: [(Double, String)] = [
            (0.4, "0 s"), (59, "59 s"), (200, "3 min 20 s"), (1230, "21 min"), (7500, "2 h 5 min"), (7200, "2 h"),
            (.infinity, "a long time"),
        ]
        for (seconds, text) in cases { #expect(durationText(seconds) == text, "\(seconds)") }
    }
}
