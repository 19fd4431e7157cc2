import CSystem
import Engine
import Tasks
import Training

extension FinetuneCommand {
    /// nil for a dry run.
    func finetune() throws(KingletError) -> FineTuneResult? {
        let run = try FineTuneRun(try options())
        for (i, note) in run.notes.enumerated() where i < 20 { complain("kinglet: " + note) }
        let plan = run.plan
        if flags.json {
            say(
                JSON.object([
                    ("plan", .object(plan.rows.map { ($0.key, .string($0.value)) })),
                    ("peakBytes", .int(plan.peakBytes)),
                ]).text + "\n")
        } else {
            say(tableText(plan.rows.map { [$0.key, $0.value] }))
        }
        if dryRun { return nil }
        var log = try FineTuneLog(csv: csv, tensorBoard: tensorboard)
        var bar = ProgressLine(first: run.stepsDone)
        while let event = try run.next() {
            switch event {
            case .pause(let celsius):
                complain(bar.end() + "kinglet: \(decimals(celsius, 0)) °C: waiting until it is cooler")
            case .step(let progress): show(bar.line(run.state(progress)))
            case .evaluation(let point, let best, _):
                try log.add(point, run.evaluations)
                if flags.json { say(point.json.text + "\n") }
                if flags.verbose && !flags.json {
                    complain(
                        bar.end()
                            + "epoch \(decimals(point.epoch, 2)): clean \(percent(point.clean ?? 0)), under attack \(percent(point.robust ?? 0))"
                            + (best ? ", the best so far" : ""))
                }
            }
        }
        show(bar.end())
        if let file = run.interrupted {
            finished("interrupted", nil, file)
            complain("kinglet: saved '\(file)'; the same command with --resume goes on from there")
            return nil
        }
        let result = try run.end()
        for note in run.notes.dropFirst(plan.notes) { complain("kinglet: " + note) }
        for line in run.unreadable { complain("kinglet: left out " + line) }
        let rows = zip(result.before, result.after).map { [$0.name, $0.accuracy.text, $1.accuracy.text] }
        if flags.json {
            say(result.json.text + "\n")
        } else {
            say(tableText(rows, header: ["gate", "before", "after"]))
            if result.outcome != .refused { say("\(result.verdict)\nwrote \(result.path)\n") }
        }
        return result
    }
}
