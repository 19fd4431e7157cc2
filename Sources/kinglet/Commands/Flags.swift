import ArgumentParser
import Engine
import Tasks

/// Flags of every command that runs a model.
struct RunFlags: ParsableArguments {
    @Option(help: ArgumentHelp("Threads to compute with (default: one per processor, at most 4).", valueName: "n"))
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "What computes: native, armnn, or auto for armnn where it is there.", valueName: "name"))
    var backend = "native"

    @Option(
        name: .customLong("armnn-device"),
        help: ArgumentHelp("CpuAcc, CpuRef or GpuAcc (default: CpuAcc, else CpuRef).", valueName: "name"))
    var armnnDevice: String?

    @Option(help: ArgumentHelp("Refuse what would need more memory than this, such as 64M.", valueName: "size"))
    var memory: String?

    @Flag(help: "Print one JSON object per line.")
    var json = false

    @Flag(name: .shortAndLong, help: "Say more, on standard error.")
    var verbose = false

    var output: Output { Output(json: json, verbose: verbose) }

    func options(_ model: String?, batch: Int? = nil) throws(KingletError) -> NetworkOptions {
        var options = NetworkOptions(model: model)
        let board = try Board.chosen()
        if let threads = threads ?? board?.threads { options.threads = threads }
        options.memory = board?.memory
        guard let backend = Backend(rawValue: backend) else {
            throw KingletError(.usage, "no backend '\(backend)': native, armnn or auto")
        }
        (options.backend, options.armnnDevice) = (backend, armnnDevice)
        try require(
            armnnDevice == nil || backend != .native, .usage, "--armnn-device needs --backend armnn or auto")
        if let memory {
            guard let bytes = parseBytes(memory) else {
                throw KingletError(.usage, "--memory \(memory): give a size such as 64M or 1.5G")
            }
            options.memory = bytes
        }
        options.batch = batch
        return options
    }

    /// For what needs gradients or other insight that only the native engine gives.
    func nativeOptions(_ model: String?, batch: Int? = nil) throws(KingletError) -> NetworkOptions {
        var options = try options(model, batch: batch)
        if options.backend != .native {
            complain("kinglet: this computes natively; --backend is for what runs the model afterwards")
            options.backend = .native
        }
        return options
    }
}

/// The model, as an option or as the first argument.
struct ModelArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp("An .onnx file (default: the built-in model).", valueName: "model"),
        completion: .file(extensions: ["onnx"]))
    var model: String?

    @Option(
        name: [.customShort("m"), .customLong("model")],
        help: ArgumentHelp("The same as the argument.", valueName: "file"), completion: .file(extensions: ["onnx"]))
    var named: String?

    func path() throws(KingletError) -> String? {
        try require(model == nil || named == nil, .usage, "two models: '\(model ?? "")' and '\(named ?? "")'")
        return model ?? named
    }
}
