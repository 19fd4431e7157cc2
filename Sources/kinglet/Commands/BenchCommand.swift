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
        if let op { return try printBench(.oneOperator(op), flags.output) }
        if kernels { return try printBench(.kernels, flags.output) }
        if let train {
            let network = try flags.nativeOptions(try model.path(), batch: batch)
            return try printBench(
                .training(network, try images.settings(), attack: train, part: part, seconds: seconds), flags.output)
        }
        let network = try flags.options(try model.path(), batch: batch)
        var options = BenchOptions()
        (options.runs, options.seconds, options.steps) = (runs, seconds, steps)
        try printBench(.model(network, options), flags.output)
    }
}
