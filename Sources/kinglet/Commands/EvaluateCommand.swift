import ArgumentParser
import Engine
import Tasks

struct EvaluateCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure how often a model is right, and how easily it is fooled.",
        discussion: """
            DATA is a folder with one folder of JPEGs for each class (in train, val
            and test, or not), or CIFAR-10/100 binary files; a part for tests is used
            alone. Attacks change pictures by at most epsilon, in pixel units before
            any normalisation, and store them as 8-bit pictures. int8 models answer
            with their integer operators and are attacked straight through the
            rounding. Intervals are 95 %.

            Attacks: clean, fgsm, fgsm-rs, pgd:STEPS[,EPS[,ALPHA[,RESTARTS]]],
            pgd-margin:…, pgd-l2:…, deepfool.

            Examples:
              kinglet evaluate model.onnx photos/
              kinglet evaluate model.onnx photos/ --attack pgd:20 --epsilon 2/255,8/255
              kinglet evaluate model.onnx photos/ --report robustness.html
            """)

    @Argument(
        help: ArgumentHelp("An .onnx file, or - for the built-in model.", valueName: "model"),
        completion: .file(extensions: ["onnx"]))
    var model: String

    @Argument(help: ArgumentHelp("Labelled pictures.", valueName: "data"), completion: .file())
    var data: String

    @Option(help: ArgumentHelp("Attacks with commas between them.", valueName: "list"))
    var attack = "clean,fgsm,pgd:20"

    @Option(
        help: ArgumentHelp("How far a pixel may change: 8/255, 8px or 0.03; several with commas.", valueName: "list"))
    var epsilon = "4/255"

    @Option(help: ArgumentHelp("At most this many pictures, drawn at random.", valueName: "n"))
    var limit = 1000

    @Option(help: ArgumentHelp("Of the draw and of the attacks' noise.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Pictures at a time.", valueName: "n"))
    var batch = 32

    @Option(
        help: ArgumentHelp("Write a page with curves and confusion matrices.", valueName: "file.html"),
        completion: .file())
    var report: String?

    @OptionGroup var images: ImageFlags
    @OptionGroup var flags: RunFlags

    func execute() throws(KingletError) {
        let network = try flags.options(model == "-" ? nil : model)
        var options = EvaluateOptions(model: network.model, data: data)
        options.settings = try images.settings()
        (options.attacks, options.epsilons, options.limit) = (attack, epsilon, limit)
        (options.seed, options.batch, options.threads) = (seed, batch, network.threads)
        options.memory = network.memory
        (options.backend, options.armnnDevice) = (network.backend, network.armnnDevice)
        try printEvaluation(options, report: report, flags.output)
    }
}
