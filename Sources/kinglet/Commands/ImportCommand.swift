import ArgumentParser
import Engine
import Tasks

struct ImportCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract:
            "Store labels, scaling and size in a model's metadata, so that no other command needs flags for them.",
        discussion: """
            Nodes and weights stay as they are. A file labels.txt beside the model is
            taken without being named.

            Example, for a model trained with torchvision's usual preprocessing:
              kinglet import resnet.onnx -o mine.onnx --labels names.txt --crop 0.875 \\
                --mean 123.675,116.28,103.53 --std 58.395,57.12,57.375
            """)

    @OptionGroup var model: ModelArgument

    @Option(
        name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"),
        completion: .file(extensions: ["onnx"]))
    var output: String

    @OptionGroup var images: ImageFlags

    @Option(help: ArgumentHelp("A text that tells what the model is, kept with it.", valueName: "text"))
    var card: String?

    @Flag(help: "Print the metadata as one JSON object.")
    var json = false

    func execute() throws(KingletError) {
        guard let path = try model.path() else { throw KingletError(.usage, "which model? Give an .onnx file") }
        let metadata = try importModel(path, settings: try images.settings(), card: card, to: output)
        if json {
            say(JSON.object(metadata.entries.map { ($0.key, .string($0.value)) }).text + "\n")
        } else {
            say(
                "wrote \(output)\n"
                    + tableText(metadata.entries.map { [$0.key, Self.summary($0.key, $0.value)] }))
        }
    }

    /// A value on one line: of many labels, how many and the first ones.
    private static func summary(_ key: String, _ value: String) -> String {
        let lines = value.split(separator: "\n")
        if key != "kinglet.labels" { return lines.joined(separator: " ") }
        return "\(lines.count): " + lines.prefix(3).joined(separator: "; ") + (lines.count > 3 ? "; …" : "")
    }
}
