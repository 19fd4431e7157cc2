import CSystem
import Engine
import Training
import Vision

/// Files that follow a run: a CSV of all evaluations, TensorBoard events.
public struct FineTuneLog {
    private let csv: String?
    private let events: EventFile?

    public init(csv: String?, tensorBoard: String?) throws(KingletError) {
        self.csv = csv
        if let tensorBoard { events = try EventFile(folder: tensorBoard) } else { events = nil }
    }

    /// `all`: every point so far, those before an interruption included.
    public func add(_ point: Report.Point, _ all: [Report.Point]) throws(KingletError) {
        if let csv { try writeText(all.reduce(Report.pointsHeader) { $0 + $1.csv }, to: csv) }
        try events?.write(point)
    }
}

extension FineTuneRun {
    public var stepsDone: Int { trainer.steps }
    /// Pictures that could not be decoded, with the reason.
    public var unreadable: [String] { data.cache.failures.map { "\($0.name): \($0.reason)" } }
    public var evaluations: [Report.Point] { points }

    /// What a progress line shows.
    public func state(_ progress: FineTuneProgress) -> ProgressLine.State {
        var state = ProgressLine.State()
        state.step = trainer.steps
        state.steps = Int((progress.end * Double(trainer.stepsPerEpoch)).rounded())
        state.epoch = Int(progress.epoch) + 1
        state.epochs = Int(progress.end.rounded(.up))
        (state.rate, state.loss) = (progress.rate, progress.loss)
        (state.clean, state.robust) = (progress.last?.clean, progress.last?.robust)
        return state
    }
}

extension Report.Point {
    public var json: JSON {
        func number(_ x: Double?) -> JSON { x.map { .number($0) } ?? .null }
        return .object([
            ("epoch", .number(epoch)), ("seconds", number(seconds)), ("rate", number(rate)), ("loss", number(loss)),
            ("clean", number(clean)), ("robust", number(robust)),
        ])
    }
}

extension FineTuneResult {
    public var json: JSON {
        func pair(_ x: (before: Double, after: Double)) -> JSON {
            .object([("before", .number(x.before)), ("after", .number(x.after))])
        }
        return .object([
            ("result", .string(outcome.rawValue)), ("model", .string(path)), ("clean", pair(gate.clean)),
            ("robust", pair(gate.robust)), ("interval", .number(gate.interval)), ("pictures", .int(gate.count)),
            ("reason", gate.refusal.map { .string($0) } ?? .null), ("seconds", .number(seconds)),
            ("peakBytes", .int(Int(ks_peak_bytes()))),
        ])
    }
}

/// A page of its own.
public func writeReport(_ report: Report, to path: String) throws(KingletError) { try writeText(report.html, to: path) }

/// Seconds from `90`, `90s`, `10m`, `1.5h`.
public func parseSeconds(_ text: String) throws(KingletError) -> Double {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
    let unit = text.last.flatMap { units[$0] }
    guard let number = Double(unit == nil ? text : String(text.dropLast())), number > 0, number.isFinite else {
        throw KingletError(.usage, "'\(text)' is no time: give 90s, 10m or 2h")
    }
    return number * (unit ?? 1)
}
