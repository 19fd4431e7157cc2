import ArgumentParser
import Engine
import Tasks

struct InspectCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what is in a model: layers, shapes, parameters, multiply-adds, memory, model card.",
        discussion: """
            Examples:
              kinglet inspect model.onnx
              kinglet inspect model.onnx --steps --threads 1    the fused operators that really run
            """)

    @OptionGroup var model: ModelArgument

    @Option(help: ArgumentHelp("Images per run, where the model leaves it open.", valueName: "n"))
    var batch: Int?

    @Flag(help: "List the fused operators that run instead of the layers of the file.")
    var steps = false

    @OptionGroup var flags: RunFlags

    func execute() throws(KingletError) {
        try printInspection(try flags.options(try model.path(), batch: batch), steps: steps, flags.output)
    }
}
