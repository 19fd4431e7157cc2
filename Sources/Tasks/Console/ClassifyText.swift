import CSystem
import Engine

/// What `classify` is asked to do.
public struct ClassifyRequest: Sendable {
    /// JPEG files, folders of them, or `-`.
    public var inputs: [String]
    public var network: NetworkOptions
    public var settings: ImageSettings
    /// Classes to name.
    public var top: Int

    public init(_ inputs: [String], _ network: NetworkOptions, _ settings: ImageSettings, top: Int) {
        (self.inputs, self.network, self.settings, self.top) = (inputs, network, settings, top)
    }
}

/// Names what pictures show, a line for each; one that cannot be read does not stop the others, but fails at the end.
public func printClassifications(_ request: ClassifyRequest, _ output: Output) throws(KingletError) {
    let start = ks_now()
    var files: [String] = []
    for input in request.inputs {
        let found = try imageFiles(input)
        if found.isEmpty { complain("kinglet: no .jpg files in \(input)") }
        files += found
    }
    let classifier = try Classifier(request.network, request.settings, top: request.top)
    for note in classifier.notes { complain("kinglet: " + note) }
    let width = min(60, files.map { $0.count }.max() ?? 0)
    var first: UInt64?
    var times: [[UInt64]] = [[], [], []]
    var failed = false
    for file in files {
        do throws(KingletError) {
            let result = try classifier.classify(file)
            say(output.json ? result.json(file) : result.line(file, width))
            if let warning = result.warning { complain("kinglet: \(file): \(warning)") }
            first = first ?? ks_now() - start
            for (i, time) in [result.decode, result.preprocess, result.inference].enumerated() {
                times[i].append(time)
            }
        } catch {
            if output.json { say(json(file, error)) } else { complain("kinglet: \(file): \(error.description)") }
            failed = true
        }
    }
    if output.verbose { complain(summary(times.map { $0.sorted() }, first ?? 0)) }
    if failed { throw KingletError(.badFile, "some inputs could not be classified") }
}

extension Classification {
    func line(_ file: String, _ width: Int) -> String {
        var text = file + String(repeating: " ", count: max(0, width - file.count))
        for (i, p) in predictions.enumerated() {
            // Columns of labels line up, so that a folder reads as a table.
            let space = i + 1 < predictions.count || p.label.count < 12 ? max(0, 12 - p.label.count) : 0
            text += "  " + p.label + String(repeating: " ", count: space) + " " + decimals(Double(p.probability), 4)
        }
        return text + "\n"
    }

    func json(_ file: String) -> String {
        let list = predictions.map { p in
            JSON.object([("index", .int(p.index)), ("label", .string(p.label)), ("probability", .float(p.probability))])
        }
        let ms = JSON.object([("decode", .ms(decode)), ("preprocess", .ms(preprocess)), ("inference", .ms(inference))])
        var fields: [(String, JSON)] = [
            ("input", .string(file)), ("width", .int(width)), ("height", .int(height)), ("predictions", .array(list)),
            ("ms", ms),
        ]
        if let warning { fields.append(("warning", .string(warning))) }
        return JSON.object(fields).text + "\n"
    }
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
