import ArgumentParser
import Engine
import Tasks

struct RunCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Feed .npy tensors to a model and write what comes out.",
        discussion: """
            Tensors are NumPy files in C order, in the axis order of the ONNX file.
            The first axis may have any size where the model leaves it open.

            Examples:
              kinglet run model.onnx --input x.npy --output y.npy
              kinglet run model.onnx --input left=a.npy --input right=b.npy --output sum=c.npy
            """)

    @OptionGroup var model: ModelArgument

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("An input: file.npy, or name=file.npy where there are several.", valueName: "file"),
        completion: .file(extensions: ["npy"]))
    var input: [String] = []

    @Option(
        name: [.short, .long], help: ArgumentHelp("An output to write, in the same way.", valueName: "file"),
        completion: .file(extensions: ["npy"]))
    var output: [String] = []

    @OptionGroup var flags: RunFlags

    func execute() throws(KingletError) {
        let options = try flags.options(try model.path())
        let report = try Tasks.run(options, inputs: input.map { NamedFile($0) }, outputs: output.map { NamedFile($0) })
        for note in report.notes { complain("kinglet: " + note) }
        if flags.json { return say(report.json.text + "\n") }
        let rows = report.outputs.map { output in
            [
                output.name, output.type.description, "\(output.low) … \(output.high)",
                output.path.map { "→ " + $0 } ?? "",
            ]
        }
        say(tableText(rows))
        if flags.verbose { complain("load \(msText(report.load)), inference \(msText(report.inference))") }
    }
}
