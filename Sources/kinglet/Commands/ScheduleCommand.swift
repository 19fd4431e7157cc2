import ArgumentParser
import Engine
import Tasks
import Training

struct ScheduleCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "Preview a learning-rate schedule, or replay recorded accuracies through it.",
        discussion: """
            Prints `epoch,rate` with nine significant digits, one line for each rate.
            Without a name it lists the schedules and their settings. A setting is
            given as --set name=value; the commonest have flags.

            Examples:
              kinglet schedule onecycle --epochs 5 --rate 0.01 --plot -
              kinglet schedule accelat --replay accuracies.txt --rate 1e-3 --factor 0.8
              kinglet schedule accelat-brief --epochs 3 --plot rate.svg
            """)

    @Argument(help: ArgumentHelp("A schedule, or schedule:setting=value,…", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("Epochs to show (default: as many as the file or the schedule has).", valueName: "n"))
    var epochs: Double?

    @Option(help: ArgumentHelp("Learning rate at the start.", valueName: "x"))
    var rate: String?

    @Option(
        help: ArgumentHelp("Accuracies under attack, 0 … 1, one a line; - is standard input.", valueName: "file"),
        completion: .file())
    var replay: String?

    @Option(help: ArgumentHelp("accelat: multiplies the rate (0.8).", valueName: "x"))
    var factor: String?

    @Option(help: ArgumentHelp("accelat: the rate never falls below (1e-6).", valueName: "x"))
    var minRate: String?

    @Option(help: ArgumentHelp("accelat: epochs that are averaged (5).", valueName: "n"))
    var window: String?

    @Option(help: ArgumentHelp("accelat: epochs between reductions (5).", valueName: "n"))
    var quiet: String?

    @Option(help: ArgumentHelp("Gain of accuracy that is too little.", valueName: "x"))
    var threshold: String?

    @Option(
        name: .customLong("set"), help: ArgumentHelp("Any other setting; may be repeated.", valueName: "name=value"))
    var assignments: [String] = []

    @Option(help: ArgumentHelp("Draw: an .svg file, or - for a plot in characters.", valueName: "file"))
    var plot: String?

    @Flag(help: "Print one JSON object per line.")
    var json = false

    func execute() throws(KingletError) {
        guard let name else { return say(list) }
        let (schedule, inline) = try parseSchedule(name)
        let accuracies: [Double]? = if let replay { try readAccuracies(replay) } else { nil }
        let preview = try previewSchedule(
            schedule, settings: inline + (try settings()), epochs: epochs, replay: accuracies)
        preview.notes.forEach(complain)
        if plot == "-" { return say(preview.textPlot()) }
        if let plot { try writeFile(Array(preview.svg.utf8), to: plot) }
        say(json ? preview.json : preview.csv)
    }

    private func settings() throws(KingletError) -> [(name: String, value: Double)] {
        let flags = [
            ("rate", rate), ("factor", factor), ("min-rate", minRate), ("window", window), ("quiet", quiet),
            ("threshold", threshold),
        ]
        var all: [(name: String, value: Double)] = []
        for (name, text) in flags {
            guard let text else { continue }
            guard let value = Double(text) else { throw KingletError(.usage, "--\(name) \(text): give a number") }
            all.append((name, value))
        }
        for text in assignments { all.append(try parseSetting(text)) }
        return all
    }

    private var list: String {
        var rows: [[String]] = []
        for schedule in schedules {
            rows.append([schedule.name, "", "", schedule.about])
            for parameter in schedule.parameters {
                let standard = parameter.standard.isNaN ? "" : "\(parameter.standard)"
                rows.append(["", parameter.name, standard, parameter.about])
            }
        }
        return tableText(rows, header: ["schedule", "setting", "default", ""])
    }
}
