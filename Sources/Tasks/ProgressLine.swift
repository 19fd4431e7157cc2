import CSystem

/// How far a training is, as one line that is written over on a terminal, or as a line now and then elsewhere.
public struct ProgressLine: Sendable {
    /// What the line shows; nil and zero parts are left out.
    public struct State: Sendable {
        /// Done and to be done, in steps.
        public var step = 0
        public var steps = 0
        public var epoch = 0
        public var epochs = 0
        public var rate: Double?
        public var loss: Double?
        /// Accuracies, 0 … 1.
        public var clean: Double?
        public var robust: Double?
        /// What is being done, where it is not training.
        public var task: String?

        public init() {}
    }

    private let terminal: Bool
    private let width: Int
    private let start: UInt64
    /// Steps that an earlier run has done.
    private let first: Int
    private var last: UInt64?
    private var shown = 0

    /// Nanoseconds between lines.
    private var pause: UInt64 { terminal ? 100_000_000 : 30_000_000_000 }

    public init(terminal: Bool = ks_is_terminal(2) != 0, width: Int = 80, first: Int = 0, now: UInt64 = ks_now()) {
        (self.terminal, self.width, self.first, start) = (terminal, width, first, now)
    }

    /// What to write for `state`, empty where the last line is too recent; `must`: it is due all the same.
    public mutating func line(_ state: State, must: Bool = false, now: UInt64 = ks_now()) -> String {
        if let last, now - last < pause, !must { return "" }
        last = now
        let text = ProgressLine.text(state, seconds: seconds(state, now), bar: terminal ? 20 : 0)
        if !terminal { return text + "\n" }
        let cut = String(text.prefix(width - 1))
        shown = cut.count
        return "\r" + cut + "\u{1B}[K"
    }

    /// Ends the line, so that something else can be written.
    public mutating func end() -> String {
        let out = terminal && shown > 0 ? "\r\u{1B}[K" : ""
        shown = 0
        return out
    }

    /// Left to go, by the pace so far.
    private func seconds(_ state: State, _ now: UInt64) -> Double? {
        let done = state.step - first
        guard done > 0, state.steps >= state.step else { return nil }
        return Double(now - start) / 1e9 / Double(done) * Double(state.steps - state.step)
    }

    /// `epoch 3/10 [=====>    ] 42 %  loss 1.234  rate 0.01  clean 71.2 %  attacked 37.0 %  2 min left`
    static func text(_ s: State, seconds: Double?, bar: Int) -> String {
        var parts: [String] = []
        if s.epochs > 0 { parts.append("epoch \(s.epoch)/\(s.epochs)") }
        if s.steps > 0 {
            let part = min(Double(s.step) / Double(s.steps), 1)
            let full = Int(part * Double(bar))
            let line = String(repeating: "=", count: full) + (full < bar ? ">" : "")
            let rest = String(repeating: " ", count: max(bar - full - 1, 0))
            parts.append((bar > 0 ? "[\(line)\(rest)] " : "") + "\(Int(100 * part)) %")
        }
        if let task = s.task { parts.append(task) }
        if let loss = s.loss { parts.append("loss \(decimals(loss, 3))") }
        if let rate = s.rate { parts.append("rate \(Float(rate))") }
        if let clean = s.clean { parts.append("clean \(percentText(clean))") }
        if let robust = s.robust { parts.append("attacked \(percentText(robust))") }
        if let seconds { parts.append(durationText(seconds) + " left") }
        return parts.joined(separator: "  ")
    }
}

/// `45 s`, `3 min 20 s`, `2 h 5 min`
public func durationText(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "a long time" }
    let s = Int(seconds.rounded())
    if s < 60 { return "\(s) s" }
    if s < 3600 { return s % 60 == 0 || s >= 600 ? "\((s + 30) / 60) min" : "\(s / 60) min \(s % 60) s" }
    let minutes = (s + 30) / 60
    return minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min"
}
