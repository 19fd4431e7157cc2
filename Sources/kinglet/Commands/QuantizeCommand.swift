import ArgumentParser
import Engine
import Tasks

struct QuantizeCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "quantize",
        abstract: "Make an int8 model from a float one.",
        discussion: """
            Runs the float model on pictures to learn the range of every activation,
            then writes the model in ONNX's QDQ form: int8 activations and weights, a
            quarter of the size, run by integer arithmetic. It opens in ONNX Runtime too.
            The report lists the layers that lose most, by signal-to-noise ratio: below
            about 15 dB try another calibration, or leave the first or last layer in float.

            DATA is a folder of JPEGs (in sub-folders or not), or CIFAR-10/100 binary
            files. A few hundred pictures like those that the model will see are enough;
            take none that its accuracy is measured on.

            Examples:
              kinglet quantize model.onnx photos/ -o model-int8.onnx
              kinglet quantize model.onnx photos/ -o model-int8.onnx --keep-last \\
                --calibration percentile
            """)

    enum Calibrate: String, ExpressibleByArgument, CaseIterable {
        case minmax
        case percentile
        case mse
    }

    @Argument(help: ArgumentHelp("A float .onnx file.", valueName: "model"), completion: .file(extensions: ["onnx"]))
    var model: String

    @Argument(help: ArgumentHelp("Pictures to calibrate with.", valueName: "data"), completion: .file())
    var data: String

    @Option(
        name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"),
        completion: .file(extensions: ["onnx"]))
    var output: String

    @Option(help: "How ranges are chosen: all values, nearly all, or the least squared error.")
    var calibration = Calibrate.minmax

    @Option(help: ArgumentHelp("The percentage that --calibration percentile keeps.", valueName: "share"))
    var percentile = 99.99

    @Option(help: ArgumentHelp("At most this many pictures, spread evenly over DATA.", valueName: "n"))
    var limit = 300

    @Flag(help: "One scale for all weights of a layer instead of one per output channel.")
    var perTensor = false

    @Flag(help: "Leave the first layer in float.")
    var keepFirst = false

    @Flag(help: "Leave the last layer in float.")
    var keepLast = false

    @Option(help: ArgumentHelp("How many of the worst layers to report.", valueName: "n"))
    var worst = 8

    @OptionGroup var images: ImageFlags

    @Flag(help: "Print one JSON object.")
    var json = false

    func execute() throws(KingletError) {
        var options = QuantizeOptions()
        switch calibration {
        case .minmax: options.calibration = .minMax
        case .mse: options.calibration = .mse
        case .percentile:
            try require(
                percentile > 50 && percentile <= 100, .usage,
                "--percentile \(percentile): give more than 50, at most 100")
            options.calibration = .percentile(percentile)
        }
        options.perChannel = !perTensor
        (options.keepFirst, options.keepLast) = (keepFirst, keepLast)
        let report = try quantizeModel(
            model, data: data, settings: try images.settings(), options, limit: limit, to: output)
        for line in report.skipped { complain("kinglet: skipped \(line)") }
        let layers = report.layers.prefix(max(worst, 0))
        if json {
            let list = layers.map {
                JSON.object([("name", .string($0.name)), ("decibels", .float(Float($0.decibels)))])
            }
            let fields: [(String, JSON)] = [
                ("output", .string(output)), ("images", .int(report.images)), ("skipped", .int(report.skipped.count)),
                ("bytes", .object([("before", .int(report.before)), ("after", .int(report.after))])),
                ("worstLayers", .array(list)),
            ]
            say(JSON.object(fields).text + "\n")
            return
        }
        say("wrote \(output): \(bytesText(report.after)), the float model has \(bytesText(report.before))\n")
        say("calibrated on \(report.images) pictures\n")
        let rows = layers.map { [$0.name, decimals($0.decibels, 1) + " dB"] }
        if !rows.isEmpty { say("worst layers by signal-to-noise ratio:\n" + tableText(rows)) }
    }
}
