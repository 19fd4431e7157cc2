import ArgumentParser
import CSystem
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
        let start = ks_now()
        var files: [String] = []
        for input in inputs {
            let found = try imageFiles(input)
            if found.isEmpty { complain("kinglet: no .jpg files in \(input)") }
            files += found
        }
        let classifier = try Classifier(try flags.options(model), try images.settings(), top: top)
        for note in classifier.notes { complain("kinglet: " + note) }
        let width = min(60, files.map { $0.count }.max() ?? 0)
        var first: UInt64?
        var times: [[UInt64]] = [[], [], []]
        var failure: KingletError?
        for file in files {
            do throws(KingletError) {
                let result = try classifier.classify(file)
                say(flags.json ? json(file, result) : line(file, result, width))
                if let warning = result.warning { complain("kinglet: \(file): \(warning)") }
                first = first ?? ks_now() - start
                for (i, time) in [result.decode, result.preprocess, result.inference].enumerated() {
                    times[i].append(time)
                }
            } catch {
                let inner = error.message + error.path.map { "\n  in " + $0 }.joined()
                if flags.json { say(json(file, error)) } else { complain("kinglet: \(file): \(inner)") }
                failure = error
            }
        }
        if flags.verbose { complain(summary(times.map { $0.sorted() }, first ?? 0)) }
        if failure != nil { throw KingletError(.badFile, "some inputs could not be classified") }
    }

    private func line(_ file: String, _ result: Classification, _ width: Int) -> String {
        var text = file + String(repeating: " ", count: max(0, width - file.count))
        for (i, p) in result.predictions.enumerated() {
            // Columns of labels line up, so that a folder reads as a table.
            let space = i + 1 < result.predictions.count || p.label.count < 12 ? max(0, 12 - p.label.count) : 0
            text += "  " + p.label + String(repeating: " ", count: space) + " " + decimals(Double(p.probability), 4)
        }
        return text + "\n"
    }

    private func json(_ file: String, _ result: Classification) -> String {
        let predictions = result.predictions.map { p in
            JSON.object([("index", .int(p.index)), ("label", .string(p.label)), ("probability", .float(p.probability))])
        }
        var fields: [(String, JSON)] = [
            ("input", .string(file)), ("width", .int(result.width)), ("height", .int(result.height)),
            ("predictions", .array(predictions)),
            (
                "ms",
                .object([
                    ("decode", .ms(result.decode)), ("preprocess", .ms(result.preprocess)),
                    ("inference", .ms(result.inference)),
                ])
            ),
        ]
        if let warning = result.warning { fields.append(("warning", .string(warning))) }
        return JSON.object(fields).text + "\n"
    }

    private func json(_ file: String, _ error: KingletError) -> String {
        let kind = JSON.object([("kind", .string(error.kindName)), ("message", .string(error.description))])
        return JSON.object([("input", .string(file)), ("error", kind)]).text + "\n"
    }

    private func summary(_ times: [[UInt64]], _ first: UInt64) -> String {
        let medians = times.map { msText(percentile($0, 50)) }
        return
            "\(times[0].count) pictures; median: decode \(medians[0]), preprocess \(medians[1]), inference \(medians[2]); "
            + "first label after \(msText(first)); peak memory \(bytesText(Int(ks_peak_bytes())))"
    }
}
