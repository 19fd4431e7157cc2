import ArgumentParser
import Engine
import Tasks

struct ClassifyCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Name what JPEG photographs show.",
        discussion: """
            Prints one line per picture: its path, then label and probability of the
            likeliest classes. A picture that cannot be read is reported and does not
            stop the rest; the exit code is then 65. Folders stand for the JPEG files
            in them, - for a JPEG on standard input.

            Examples:
              kinglet classify photo.jpg
              kinglet classify -m model.onnx -k 5 photos/ more.jpg
              kinglet classify -m resnet.onnx --labels names.txt --crop 0.875 \\
                --mean 123.675,116.28,103.53 --std 58.395,57.12,57.375 photo.jpg
            """)

    @Argument(
        help: ArgumentHelp("JPEG files, folders, or - for standard input.", valueName: "input"), completion: .file())
    var inputs: [String]

    @Option(
        name: [.customShort("m"), .long],
        help: ArgumentHelp("An .onnx file (default: the built-in model).", valueName: "file"),
        completion: .file(extensions: ["onnx"]))
    var model: String?

    @Option(name: [.customShort("k"), .long], help: ArgumentHelp("How many classes to name.", valueName: "n"))
    var top = 1

    @OptionGroup var images: ImageFlags
    @OptionGroup var flags: RunFlags

    func execute() throws(KingletError) {
        try printClassifications(
            ClassifyRequest(inputs, try flags.options(model), try images.settings(), top: top), flags.output)
    }
}
