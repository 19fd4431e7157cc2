import ArgumentParser

@main
struct Kinglet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kinglet",
        abstract: "Classify camera images on the board itself: one executable, one .onnx file.",
        discussion: """
            Examples:
              kinglet classify photo.jpg             with the built-in model
              kinglet classify -m model.onnx -k 5 photos/
              kinglet inspect model.onnx             what is in it, what it costs
              kinglet bench model.onnx --threads 1   how fast it is here
              kinglet evaluate model.onnx photos/    how easily it is fooled
              kinglet finetune model.onnx photos/ -o hardened.onnx

            Results go to standard output, everything else to standard error.
            Exit codes: 0 all well, 3 a new model that is no better, 64 wrong arguments, 65 a file or shape that
            cannot be used, 69 something in a model that Kinglet lacks, 70 a
            device, 71 a memory or disk limit.
            """,
        version: "0.1.0",
        subcommands: [
            ClassifyCommand.self, ImportCommand.self, RunCommand.self, InspectCommand.self, BenchCommand.self,
            QuantizeCommand.self, FinetuneCommand.self, EvaluateCommand.self, AttackCommand.self, ScheduleCommand.self,
            DoctorCommand.self,
        ])
}
