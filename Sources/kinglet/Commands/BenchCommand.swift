import ArgumentParser
import Engine
import Tasks

struct BenchCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast a model runs here.",
        discussion: """
            Times are those of one run on random input, after warming up; `first`
            is from reading the file to the end of the first run. On a shared
            machine look at the processor time of one thread.

            Examples:
              kinglet bench model.onnx --threads 1 --seconds 3
              kinglet bench model.onnx --threads 1 --steps    where the time goes
              kinglet bench model.onnx --train pgd:7 --batch 64    training steps
              kinglet bench --op Conv            every case of one operator
              kinglet bench --kernels            kernels against the peak
            """)

    @OptionGroup var model: ModelArgument

    @Option(help: ArgumentHelp("Images per run, where the model leaves it open.", valueName: "n"))
    var batch: Int?

    @Option(help: ArgumentHelp("Measure this many runs.", valueName: "n"))
    var runs: Int?

    @Option(help: ArgumentHelp("Measure for this long.", valueName: "s"))
    var seconds = 1.0

    @Flag(help: "Time every operator too (one thread).")
    var steps = false

    @Option(
        help: ArgumentHelp("Time the cases of this ONNX operator on every instruction set instead.", valueName: "name"))
    var op: String?

    @Flag(help: "Time the kernels of every instruction set against its peak instead.")
    var kernels = false

    @Option(
        help: ArgumentHelp(
            "Time training steps instead: sgd (no attack) or an attack, as of finetune.", valueName: "attack"))
    var train: String?

    @Option(help: ArgumentHelp("What --train trains: all, head, last:N or batchnorm.", valueName: "part"))
    var part = "all"

    @OptionGroup var images: ImageFlags

    @OptionGroup var flags: RunFlags

    func execute() throws(KingletError) {
        try require(!kernels || op == nil, .usage, "--op or --kernels, not both")
        if let op { return report(try benchOperator(op)) }
        if kernels { return report(try benchKernels()) }
        var options = BenchOptions()
        try require(runs.map { $0 >= 1 } ?? true, .usage, "--runs \(runs ?? 0): give 1 or more")
        try require(seconds > 0 && seconds <= 86400, .usage, "--seconds \(seconds): give more than 0, at most 86400")
        options.runs = runs
        options.seconds = seconds
        options.steps = steps
        let network = try flags.options(try model.path(), batch: batch)
        if let train {
            return report(
                try benchTraining(network, settings: try images.settings(), attack: train, part: part, seconds: seconds)
            )
        }
        try require(!steps || network.threads == 1, .usage, "--steps times one thread: give --threads 1")
        let report = try Tasks.bench(network, options)
        say(flags.json ? report.json.text + "\n" : text(report))
    }

    private func report(_ rates: [OperatorRate]) {
        if flags.json { return say(rates.map { $0.json.text + "\n" }.joined()) }
        let rows = rates.map { [$0.name, $0.isa, decimals(Double($0.ns) / 1000, 2), String($0.outputs)] }
        say(tableText(rows, header: ["case", "kernels", "µs", "output elements"]))
    }

    private func report(_ rates: [KernelRate]) {
        if flags.json {
            let lines = rates.map { rate in
                JSON.object([
                    ("kernel", .string(rate.kernel)), ("isa", .string(rate.isa.name)), ("shape", .string(rate.shape)),
                    ("gops", .number(rate.gops)), ("peakShare", rate.peakShare.map { .number($0) } ?? .null),
                ])
            }
            return say(lines.map { $0.text + "\n" }.joined())
        }
        let rows = rates.map { rate in
            let share = rate.peakShare.map { decimals($0 * 100, 1) } ?? ""
            return [rate.isa.name, rate.kernel, rate.shape, decimals(rate.gops, 1), share]
        }
        say(tableText(rows, header: ["kernels", "kernel", "shape", "Gop/s", "% of peak"]))
    }

    private func report(_ rate: TrainingRate) {
        if flags.json { return say(rate.json.text + "\n") }
        say(
            "\(rate.model): training steps, \(rate.attack), \(rate.isa), \(rate.threads) threads, batch \(rate.batch), "
                + "\(rate.parameters) parameters\n"
                + tableText([
                    ["rate", decimals(rate.imagesPerSecond, 0), "images per second"],
                    ["", decimals(rate.imagesPerCpuSecond, 0), "images per second of processor time"],
                    ["step", msText(percentile(rate.wall, 50)), "p50"],
                    ["arena", bytesText(rate.arenaBytes), "values, gradients, weights, optimizer state"],
                    ["peak", bytesText(rate.peakBytes), "of the process"],
                ]))
    }

    private func text(_ report: BenchReport) -> String {
        var text = "\(report.model): \(report.isa), \(report.threads) thread\(report.threads == 1 ? "" : "s"), "
        text += "batch \(report.batch), \(report.runs) runs\n"
        text += tableText([
            ["first", msText(report.first), "reading, planning and the first run"],
            ["p50", msText(percentile(report.wall, 50)), "\(msText(percentile(report.cpu, 50))) of processor time"],
            ["p90", msText(percentile(report.wall, 90)), ""],
            ["p99", msText(percentile(report.wall, 99)), ""],
            ["min", msText(report.wall.first ?? 0), ""],
            ["arena", bytesText(report.arenaBytes), "for values"],
            ["peak", bytesText(report.peakBytes), "of the process"],
        ])
        if !report.steps.isEmpty {
            let total = report.steps.reduce(0) { $0 + $1.ns }
            text +=
                "\n"
                + tableText(
                    report.steps.map { step in
                        let share = Double(step.ns) / Double(max(total, 1)) * 100
                        return [step.name, step.kind, decimals(Double(step.ns) / 1000, 1), decimals(share, 1)]
                    }, header: ["step", "operator", "µs", "%"])
        }
        return text
    }
}
