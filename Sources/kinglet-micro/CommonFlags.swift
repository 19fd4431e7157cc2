import Engine
import Tasks

/// Flags of every command that runs a model.
let runFlags = [
    Flag("--threads", value: "n", help: "Threads to compute with (default: one per processor, at most 4)."),
    Flag("--backend", value: "name", help: "What computes: native."),
    Flag("--memory", value: "size", help: "Refuse what would need more memory than this, such as 64M."),
    Flag("--json", help: "Print one JSON object per line."),
    Flag("-v", "--verbose", help: "Say more, on standard error."),
]

/// How a model wants its pixels, where its metadata does not say or should not be heeded.
let imageFlags = [
    Flag("--mean", value: "x", help: "x = (pixel - mean) / std, pixels 0 … 255: one number, or r,g,b."),
    Flag("--std", value: "x", help: "See --mean."),
    Flag("--size", value: "size", help: "The model's input: 224, or width x height as 160x120."),
    Flag("--resize", value: "way", help: "How a picture becomes that size: crop, stretch or letterbox."),
    Flag("--crop", value: "part", help: "The part of the shorter side that a crop keeps."),
    Flag("--decode", value: "how", help: "scaled: JPEGs no larger than needed; full: slower, as other programs do."),
    Flag("--bgr", help: "The model takes blue, green, red."),
    Flag("--labels", value: "file", help: "Names of the outputs, one a line."),
]

let modelWords = [Positional(name: "model", help: "An .onnx file (default: the built-in model).", optional: true)]
let modelFlag = Flag("-m", "--model", value: "file", help: "The same as the argument.")

/// What went wrong: the command line does not parse, or what it asks for cannot be done.
enum Failure: Error {
    case usage(WrongUsage)
    case task(KingletError)
}

extension Arguments {
    var output: Output { Output(json: has("--json"), verbose: has("--verbose")) }

    func network(_ model: String?) throws(Failure) -> NetworkOptions {
        var options = NetworkOptions(model: model)
        let board = try task { () throws(KingletError) in try Board.chosen() }
        options.memory = board?.memory
        do {
            if let threads = try int("--threads") ?? board?.threads { options.threads = threads }
            if syntax.flags.contains(where: { $0.long == "--batch" }) { options.batch = try int("--batch") }
        } catch { throw .usage(error) }
        let backend = value("--backend") ?? "native"
        if backend == "armnn" {
            throw .task(
                KingletError(
                    .unsupported,
                    "kinglet-micro has no Arm NN: use --backend native, or kinglet built with KINGLET_ARMNN=1"))
        }
        if backend != "native" && backend != "auto" {
            throw .task(KingletError(.usage, "no backend '\(backend)': native, armnn or auto"))
        }
        if let memory = value("--memory") {
            guard let bytes = parseBytes(memory) else {
                throw .task(KingletError(.usage, "--memory \(memory): give a size such as 64M or 1.5G"))
            }
            options.memory = bytes
        }
        return options
    }

    func settings() throws(Failure) -> ImageSettings {
        var settings = ImageSettings()
        do {
            for name in ["mean", "std", "size", "resize", "crop", "decode"] {
                guard let text = value("--" + name) else { continue }
                try settings.set("kinglet." + name, text, as: "--" + name)
            }
            if has("--bgr") { try settings.set("kinglet.color", "bgr", as: "--color") }
            if let file = value("--labels") {
                try settings.set("kinglet.labels", try ImageSettings.text(file: file), as: "--labels")
            }
        } catch { throw .task(error) }
        return settings
    }

    /// The model, as the first word or as an option.
    func model() throws(Failure) -> String? {
        let named = value("--model")
        if let first = words.first, let named {
            throw .task(KingletError(.usage, "two models: '\(first)' and '\(named)'"))
        }
        return words.first ?? named
    }
}

/// Runs a task, its error as a failure.
func task<T>(_ body: () throws(KingletError) -> T) throws(Failure) -> T {
    do { return try body() } catch { throw .task(error) }
}

/// Reads the command line, its error as a failure.
func read<T>(_ body: () throws(WrongUsage) -> T) throws(Failure) -> T {
    do { return try body() } catch { throw .usage(error) }
}
