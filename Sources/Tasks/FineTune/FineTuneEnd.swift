import CSystem
import Engine
import ONNX
import Training
import Vision

/// How a run ended.
public struct FineTuneResult {
    public enum Outcome: String, Sendable {
        case accepted
        case refused
        /// The gate refused, and was overruled.
        case forced
    }

    public let outcome: Outcome
    /// The file that was written.
    public let path: String
    public let gate: Gate
    public let before: [Tally]
    public let after: [Tally]
    public let report: Report
    public let seconds: Double

    /// In a sentence.
    public var verdict: String {
        let numbers =
            "clean \(percent(gate.clean.before)) → \(percent(gate.clean.after)), "
            + "under attack \(percent(gate.robust.before)) → \(percent(gate.robust.after)) (±\(percent(gate.interval)))"
        switch outcome {
        case .accepted: return "accepted: \(numbers)"
        case .forced: return "written in spite of the gate: \(numbers): \(gate.refusal ?? "")"
        case .refused: return "refused: \(numbers): \(gate.refusal ?? "")"
        }
    }
}

extension FineTuneRun {
    /// Judges the best weights at the gate, writes the model, and clears the checkpoints away.
    public func end() throws(KingletError) -> FineTuneResult {
        let options = setup.options
        let (last, statistics) = (best, best.running)
        let session = self.session
        session.putInitialWeights()
        let initial = choice.trainee.initialStatistics
        let before = try judge.judgeAtGate(initial)
        last.put(into: session)
        let after = try judge.judgeAtGate(statistics)
        let gate = Gate(
            before: before.answers, after: after.answers, classes: choice.trainee.classes, hardens: setup.hardens,
            minClean: options.minClean)
        let outcome: FineTuneResult.Outcome = gate.refusal == nil ? .accepted : options.force ? .forced : .refused
        let path = outcome == .refused ? FineTuneRun.beside(options.output) : options.output
        var model = try choice.trainee.exported(last.all, running: statistics)
        model.metadata["kinglet.recipe"] = recipe.text
        model.metadata["kinglet.robustness"] = robustness(before.tallies, after.tallies)
        model.metadata[Preprocess.Key.card] = card(gate)
        try model.write(to: path)
        if choice.trainee.isQuantized {
            let rows = try judge.judgeIntegers(model)
            notes.append("int8 operators: " + rows.map { "\($0.name) \($0.accuracy.text)" }.joined(separator: ", "))
        }
        var report = report(gate, before.tallies, after.tallies, outcome)
        if let file = options.report {
            report.examples = try examples(initial, statistics, before.answers, after.answers)
            try writeText(report.html, to: file)
        }
        options.checkpoints.clear()
        return FineTuneResult(
            outcome: outcome, path: path, gate: gate, before: before.tallies, after: after.tallies, report: report,
            seconds: seconds)
    }

    /// Some pictures of the gate, each attacked with the weights before and with those after; leaves the latter in place.
    private func examples(
        _ initial: [Int: [Float]], _ statistics: [Int: [Float]], _ before: Gate.Answers, _ after: Gate.Answers
    ) throws(KingletError) -> [Report.Example] {
        let numbers = try judge.telling(before, after, 4)
        session.putInitialWeights()
        let old = try judge.examples(numbers, initial, as: "before, attacked itself")
        best.put(into: session)
        let new = try judge.examples(numbers, statistics, as: "after, attacked itself")
        return zip(old, new).flatMap { [$0, $1] }
    }

    /// hardened.onnx → hardened.candidate.onnx
    static func beside(_ path: String) -> String {
        path.hasSuffix(".onnx") ? path.dropLast(5) + ".candidate.onnx" : path + ".candidate"
    }

    private func attackText(_ tally: Tally) -> String {
        tally.name == "clean" ? "clean" : "\(tally.name) at \(setup.gate.reach(setup.epsilon).text)"
    }

    /// One line for each attack, as measured at the gate.
    private func robustness(_ before: [Tally], _ after: [Tally]) -> String {
        zip(before, after).map { old, new in
            "\(attackText(new)): \(new.accuracy.text) of \(new.accuracy.count) held-out pictures, before \(old.accuracy.text)"
        }.joined(separator: "\n")
    }

    /// What stands in the model for its users.
    private func card(_ gate: Gate) -> String {
        let made = "Made from \(setup.options.model ?? "the built-in model"), which knew other classes.\n"
        let former = choice.trainee.model.metadata[Preprocess.Key.card].map { $0 + "\n\n" } ?? ""
        // What is said of a model that knew other classes, or of weights that are gone, is not true of this one.
        let old = setup.options.fromScratch ? "" : setup.classes.kind == .new ? made : former
        let what =
            setup.hardens
            ? "Fine-tuned under attack (\(setup.attack.text), ε \(setup.epsilon.text)) on \(data.split.train.count) pictures."
            : "Trained on \(data.split.train.count) pictures."
        return old + what + " On \(gate.count) pictures that it never saw: \(percent(gate.clean.after)) right, "
            + "\(percent(gate.robust.after)) under \(setup.gate.text) at \(setup.gate.reach(setup.epsilon).text); before that "
            + "\(percent(gate.clean.before)) and \(percent(gate.robust.before))."
    }

    private func report(
        _ gate: Gate, _ before: [Tally], _ after: [Tally], _ outcome: FineTuneResult.Outcome
    ) -> Report {
        var report = Report(title: "Fine-tuning of \(setup.options.model ?? "the built-in model")")
        report.accepted = outcome != .refused
        report.verdict = gate.refusal ?? "Harder to fool: accepted."
        report.points = points
        report.classes = setup.classes.labels
        report.recipe = recipe.lines
        report.notes = notes
        for (name, tallies) in [("before", before), ("after", after)] {
            report.judgements.append(
                Report.Judgement(
                    model: name,
                    scores: tallies.map {
                        Report.Score(
                            attack: $0.name,
                            epsilon: $0.name == "clean" ? 0 : Double(setup.gate.reach(setup.epsilon).pixels),
                            right: $0.accuracy)
                    },
                    confusions: tallies.map { Report.Confusion(title: attackText($0), counts: $0.rows) }))
        }
        return report
    }
}

extension Tally {
    /// `confusion` by class.
    var rows: [[Int]] { (0..<classes).map { Array(confusion[$0 * classes..<($0 + 1) * classes]) } }
}

extension Trainee {
    /// Running statistics as the model file has them.
    var initialStatistics: [Int: [Float]] {
        var all: [Int: [Float]] = [:]
        for s in statistics {
            for v in [s.runningMean, s.runningVariance] { all[v] = graph.graph.values[v].constant?.floats }
        }
        return all
    }
}

/// Writes a text file; whatever happens, it is the old one or the whole new one.
func writeText(_ text: String, to path: String) throws(KingletError) {
    var text = text
    let status = text.withUTF8 { bytes in
        path.withCString { name in bytes.baseAddress.map { ks_write_file(name, $0, bytes.count) } ?? 0 }
    }
    try require(status == 0, .resource, "cannot write '\(path)': \(String(cString: ks_error(status)))")
}
