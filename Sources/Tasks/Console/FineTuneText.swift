import CSystem
import Engine
import Training

/// Fine-tunes and prints: the plan, how far it is, what came of it. False if it was interrupted, its state saved.
public func printFineTuning(_ options: FineTuneOptions, _ output: Output) throws(KingletError) -> Bool {
    ks_catch_interrupts()
    let end: FineTuneEnd
    do { end = try fineTune(options, output) } catch {
        tell(options, "failed", nil, error.description)
        throw error
    }
    switch end {
    case .dry: return true
    case .interrupted(let file):
        tell(options, "interrupted", nil, file)
        complain("kinglet: saved '\(file)'; the same command with --resume goes on from there")
        return false
    case .finished(let result):
        tell(options, result.outcome.rawValue, result, result.verdict)
        try require(
            result.outcome != .refused, .worse,
            "\(result.verdict)\n  the candidate is in '\(result.path)'; --force writes it all the same")
        return true
    }
}

private enum FineTuneEnd {
    /// Only the plan was wanted.
    case dry
    case interrupted(String)
    case finished(FineTuneResult)
}

private func fineTune(_ options: FineTuneOptions, _ output: Output) throws(KingletError) -> FineTuneEnd {
    let run = try FineTuneRun(options)
    for (i, note) in run.notes.enumerated() where i < 20 { complain("kinglet: " + note) }
    let plan = run.plan
    if output.json {
        let rows = JSON.object(plan.rows.map { ($0.key, .string($0.value)) })
        say(JSON.object([("plan", rows), ("peakBytes", .int(plan.peakBytes))]).text + "\n")
    } else {
        say(tableText(plan.rows.map { [$0.key, $0.value] }))
    }
    if options.dryRun { return .dry }
    let log = try FineTuneLog(csv: options.csv, tensorBoard: options.tensorBoard)
    var bar = ProgressLine(first: run.stepsDone)
    while let event = try run.next() {
        switch event {
        case .pause(let celsius):
            complain(bar.end() + "kinglet: \(decimals(celsius, 0)) °C: waiting until it is cooler")
        case .step(let progress): show(bar.line(run.state(progress)))
        case .evaluation(let point, let best, _):
            try log.add(point, run.evaluations)
            if output.json { say(point.json.text + "\n") }
            if output.verbose && !output.json {
                complain(
                    bar.end()
                        + "epoch \(decimals(point.epoch, 2)): clean \(percent(point.clean ?? 0)), under attack "
                        + percent(point.robust ?? 0) + (best ? ", the best so far" : ""))
            }
        }
    }
    show(bar.end())
    if let file = run.interrupted { return .interrupted(file) }
    let result = try run.end()
    for note in run.notes.dropFirst(plan.notes) { complain("kinglet: " + note) }
    for line in run.unreadable { complain("kinglet: left out " + line) }
    let rows = zip(result.before, result.after).map { [$0.name, $0.accuracy.text, $1.accuracy.text] }
    if output.json {
        say(result.json.text + "\n")
    } else {
        say(tableText(rows, header: ["gate", "before", "after"]))
        if result.outcome != .refused { say("\(result.verdict)\nwrote \(result.path)\n") }
    }
    return .finished(result)
}

/// Runs the command that waits for the end of a run.
private func tell(_ options: FineTuneOptions, _ outcome: String, _ result: FineTuneResult?, _ message: String) {
    guard let command = options.onFinish else { return }
    var values = [("RESULT", outcome), ("MESSAGE", message), ("MODEL", result?.path ?? "")]
    if let gate = result?.gate {
        values += [
            ("CLEAN", decimals(gate.clean.after, 4)), ("CLEAN_BEFORE", decimals(gate.clean.before, 4)),
            ("ROBUST", decimals(gate.robust.after, 4)), ("ROBUST_BEFORE", decimals(gate.robust.before, 4)),
        ]
    }
    for (name, value) in values { ks_set_environment("KINGLET_" + name, value) }
    let status = ks_shell(command)
    if status != 0 { complain("kinglet: --on-finish ended with \(status)") }
}
