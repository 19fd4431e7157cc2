import Engine
import Training
import Vision

/// Measures a model on labelled pictures and prints a line for each attack; `report`: a page to write.
public func printEvaluation(_ options: EvaluateOptions, report: String?, _ output: Output) throws(KingletError) {
    let run = try EvaluationRun(options)
    for note in run.notes { complain("kinglet: " + note) }
    let (labels, name) = (run.classes.labels, options.model ?? "built-in")
    var table: [[String]] = []
    while let row = try run.next() {
        if output.json { say(row.json(name, labels).text + "\n") }
        table.append([
            row.attack, row.epsilon?.text ?? "", row.tally.accuracy.text, row.origin == nil && row.attack != "clean" ? "" : decimals(row.seconds, 1) + " s",
        ])
        if output.verbose && !output.json {
            for c in labels.indices where row.tally.images[c] > 0 {
                table.append(["", labels[c], row.tally.accuracy(of: c).text, ""])
            }
        }
    }
    if !output.json {
        say(
            "\(name)\(run.trainee.isQuantized ? " (int8)" : "")\(run.offloaded.map { " (\($0.text))" } ?? ""), \(run.cache.count) pictures of \(options.data)\n"
                + tableText(table, header: ["attack", "epsilon", "accuracy", "time"]))
    }
    if let report {
        try writeReport(try run.report(), to: report)
        complain("kinglet: wrote \(report)")
    }
}

extension EvaluationRow {
    func json(_ model: String, _ labels: [String]) -> JSON {
        let right = tally.accuracy
        let classes = labels.indices.map { c in
            JSON.object([
                ("label", .string(labels[c])), ("correct", .int(tally.accuracy(of: c).hits)),
                ("total", .int(tally.images[c])),
            ])
        }
        return .object([
            ("model", .string(model)), ("attack", .string(attack)),
            ("epsilon", epsilon.map { .number(Double($0.pixels) / 255) } ?? .number(0)),
            ("accuracy", .number(right.value)), ("low", .number(right.interval.low)),
            ("high", .number(right.interval.high)), ("correct", .int(right.hits)), ("total", .int(right.count)),
            ("loss", .number(tally.meanLoss)), ("seconds", .number(seconds)), ("classes", .array(classes)),
        ])
    }
}
