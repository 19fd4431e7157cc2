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
        let report = try Tasks.inspect(try flags.options(try model.path(), batch: batch))
        say(flags.json ? report.json.text + "\n" : text(report))
    }

    private func text(_ report: Inspection) -> String {
        let rows = (steps ? report.steps : report.layers).map { layer in
            [
                layer.name, layer.kind, TensorType(layer.type, layer.shape).description,
                layer.parameters == 0 ? "" : String(layer.parameters), layer.macs == 0 ? "" : countText(layer.macs),
            ]
        }
        var text = tableText(rows, header: ["layer", "operator", "output", "parameters", "multiply-adds"]) + "\n"
        var facts = [["model", "\(report.model), opset \(report.opset)"]]
        if !report.producer.isEmpty { facts.append(["made by", report.producer]) }
        facts += report.inputs.map { ["input", $0.text] } + report.outputs.map { ["output", $0.text] }
        facts += [
            ["layers", "\(report.layers.count), run as \(report.steps.count) steps"],
            ["parameters", "\(countText(report.parameters)), \(bytesText(report.parameterBytes))"],
            ["multiply-adds", "\(countText(report.macs)) for a batch of \(report.batch)"],
            [
                "memory",
                "\(report.arenaBytes) bytes for values, \(report.packedBytes) for packed weights "
                    + "(\(report.isa), \(report.threads) thread\(report.threads == 1 ? "" : "s"))",
            ],
        ]
        for (key, value) in report.metadata {
            let lines = value.split { $0.isNewline }
            let short = lines.count > 1 ? "\(lines.count) lines: \(lines[0]) … \(lines[lines.count - 1])" : value
            facts.append([key, short])
        }
        text += tableText(facts)
        return text
    }
}
