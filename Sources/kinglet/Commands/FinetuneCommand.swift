import ArgumentParser
import Engine
import Tasks

struct FinetuneCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "finetune",
        abstract: "Train a model further, under attack, so that it is harder to fool.",
        discussion: """
            DATA is a folder with one folder of JPEGs for each class (in train and
            val, or not), or CIFAR-10/100 binary files. Pictures are split into some
            to train on, some that the schedule watches, and some for the gate: the
            new model is written to the output only if it withstands more there, by
            more than it lost on plain pictures. Else the exit code is 3, and the
            candidate lies beside it.

            Power may fail at any time: --resume goes on from the last checkpoint and
            ends in the same bits. Ctrl-C saves.

            Attacks to train on: nfgsm, fgsm-rs, pgd:STEPS, trades[:BETA], free:M,
            static, none. Schedules: kinglet schedule lists them.

            Examples:
              kinglet finetune model.onnx photos/ -o hardened.onnx
              kinglet finetune model.onnx photos/ -o hardened.onnx --resume
              kinglet finetune model.onnx photos/ -o hardened.onnx \\
                  --epsilon 8/255 --time 30m --memory 64M
            """)

    @Argument(
        help: ArgumentHelp("An .onnx file, or - for the built-in model.", valueName: "model"),
        completion: .file(extensions: ["onnx"]))
    var model: String

    @Argument(help: ArgumentHelp("Labelled pictures.", valueName: "data"), completion: .file())
    var data: String

    @Option(
        name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"),
        completion: .file(extensions: ["onnx"]))
    var output: String

    @Option(help: ArgumentHelp("The attack to train on.", valueName: "name"))
    var attack = "nfgsm"

    @Option(help: ArgumentHelp("How far an attack may change a pixel: 8/255, 8px or 0.03.", valueName: "x"))
    var epsilon = "4/255"

    @Option(help: ArgumentHelp("The learning rate's schedule.", valueName: "name"))
    var schedule = "accelat-brief"

    @Option(help: ArgumentHelp("A setting of the schedule; may be repeated.", valueName: "name=value"))
    var set: [String] = []

    @Option(help: ArgumentHelp("The learning rate that the schedule starts from.", valueName: "x"))
    var rate: Double?

    @Option(help: ArgumentHelp("Epochs at most.", valueName: "n"))
    var epochs: Double?

    @Option(
        help: ArgumentHelp("Time at most, such as 90s, 10m or 2h; the best model so far is kept.", valueName: "time"))
    var time: String?

    @Option(help: ArgumentHelp("Epochs over which epsilon grows.", valueName: "n"))
    var ramp: Double?

    @Option(help: ArgumentHelp("Pictures in a step.", valueName: "n"))
    var batch = 64

    @Option(help: ArgumentHelp("sgd[:MOMENTUM], nesterov[:MOMENTUM] or adamw.", valueName: "name"))
    var optimizer = "sgd"

    @Option(help: ArgumentHelp("Weight decay (not on biases and normalisations).", valueName: "x"))
    var weightDecay: Double?

    @Option(help: ArgumentHelp("Label smoothing.", valueName: "x"))
    var smoothing = 0.0

    @Option(help: ArgumentHelp("Keep a moving average of the weights with this decay, such as 0.998.", valueName: "x"))
    var average: Double?

    @Option(help: ArgumentHelp("Largest norm of a gradient.", valueName: "x"))
    var clip: Double?

    @Option(help: ArgumentHelp("What is trained: all, head, last:N or batchnorm.", valueName: "part"))
    var train = "all"

    @Option(
        help: ArgumentHelp(
            "none, or with commas: crop[:0.125], flip, brightness:B, contrast:C, jpeg:P[:50-95].", valueName: "list"))
    var augment = "crop,flip"

    enum Statistics: String, ExpressibleByArgument, CaseIterable {
        case frozen
        case batch
    }

    @Option(help: "Statistics of normalisations while training: the model's own, or each batch's.")
    var statistics = Statistics.frozen

    @Flag(help: "Start from random weights (and use each batch's statistics).")
    var fromScratch = false

    @Flag(help: "Train the model's int8 form (quantized first if it is float), straight through the rounding.")
    var qat = false

    @Option(help: ArgumentHelp("Of the split, the order, the noise.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "Refuse a model that is right on less than this share of plain pictures.", valueName: "share"))
    var minClean: Double?

    @Flag(help: "Write the output whatever the gate says.")
    var force = false

    @Flag(help: "If memory does not do for all layers, train normalisations and the last layer, or that alone.")
    var fewerLayers = false

    @Option(
        help: ArgumentHelp("Folder of checkpoints (default: beside the output).", valueName: "folder"),
        completion: .directory)
    var checkpoint: String?

    @Flag(help: "Go on with an unfinished run.")
    var resume = false

    @Flag(help: "Say what it would take, and stop.")
    var dryRun = false

    @Option(help: ArgumentHelp("Write every evaluation to this file.", valueName: "file.csv"), completion: .file())
    var csv: String?

    @Option(
        help: ArgumentHelp("Write a page with curves and confusion matrices.", valueName: "file.html"),
        completion: .file())
    var report: String?

    @Option(
        help: ArgumentHelp("Write TensorBoard event files to this folder.", valueName: "folder"), completion: .directory
    )
    var tensorboard: String?

    @Option(help: ArgumentHelp("Run this with the result in KINGLET_RESULT, KINGLET_MODEL …", valueName: "command"))
    var onFinish: String?

    @Option(help: ArgumentHelp("Share of pictures held out for validation, and for the gate.", valueName: "share"))
    var held = 0.1

    @Option(help: ArgumentHelp("The attack that validation pictures are judged by.", valueName: "attack"))
    var validate = "pgd:10"

    @Option(help: ArgumentHelp("The attack of the gate.", valueName: "attack"))
    var gate = "pgd:20"

    @Option(help: ArgumentHelp("Pause above this temperature, in degrees Celsius; 0: never.", valueName: "n"))
    var maxTemperature = 80.0

    @OptionGroup var images: ImageFlags
    @OptionGroup var flags: RunFlags

    func execute() throws(KingletError) {
        // As a shell tells the end by Ctrl-C.
        if try !printFineTuning(try options(), flags.output) { Self.exit(withError: ExitCode(130)) }
    }
}
