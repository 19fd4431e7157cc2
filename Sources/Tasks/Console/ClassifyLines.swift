import CSystem
import Engine

/// The lines that `classify` prints, and what is counted for its last one.
struct ClassifyLines {
    let output: Output
    /// Of the column of names.
    private let width: Int
    /// Milliseconds to decode, preprocess and infer: of the latest pictures, because a camera has no last one.
    private var times: [[UInt64]] = []
    private var pictures = 0
    private var first: UInt64?
    private let start: UInt64
    private var broken = 0
    private var unread = 0
    private static let latest = 4096

    init(_ output: Output, width: Int, since start: UInt64) {
        (self.output, self.width, self.start) = (output, width, start)
    }

    mutating func show(_ name: String, _ result: Classification) {
        say(output.json ? result.json(name) : result.line(name, width))
        if let warning = result.warning { complain("kinglet: \(name): \(warning)") }
        first = first ?? ks_now() - start
        let time = [result.decode, result.preprocess, result.inference]
        if times.count < Self.latest { times.append(time) } else { times[pictures % Self.latest] = time }
        pictures += 1
    }

    mutating func show(_ name: String, _ error: KingletError) {
        if output.json {
            let kind = JSON.object([("kind", .string(error.kindName)), ("message", .string(error.description))])
            say(JSON.object([("input", .string(name)), ("error", kind)]).text + "\n")
        } else {
            complain("kinglet: \(name): \(error.description)")
        }
        if error.kind == .device { broken += 1 } else { unread += 1 }
    }

    /// `device` where nothing but cameras and connections failed.
    var failure: KingletError.Kind? { unread > 0 ? .badFile : broken > 0 ? .device : nil }

    var summary: String {
        let medians = (0..<3).map { i in msText(percentile(times.map { $0[i] }.sorted(), 50)) }
        return
            "\(pictures) pictures; median: decode \(medians[0]), preprocess \(medians[1]), inference \(medians[2]); "
            + "first label after \(msText(first ?? 0)); peak memory \(bytesText(Int(ks_peak_bytes())))"
    }
}

extension Classification {
    func line(_ name: String, _ width: Int) -> String {
        var text = name + String(repeating: " ", count: max(0, width - name.count))
        for (i, p) in predictions.enumerated() {
            // Columns of labels line up, so that a folder reads as a table.
            let space = i + 1 < predictions.count || p.label.count < 12 ? max(0, 12 - p.label.count) : 0
            text += "  " + p.label + String(repeating: " ", count: space) + " " + decimals(Double(p.probability), 4)
        }
        return text + "\n"
    }

    func json(_ name: String) -> String {
        let list = predictions.map { p in
            JSON.object([("index", .int(p.index)), ("label", .string(p.label)), ("probability", .float(p.probability))])
        }
        let ms = JSON.object([("decode", .ms(decode)), ("preprocess", .ms(preprocess)), ("inference", .ms(inference))])
        var fields: [(String, JSON)] = [
            ("input", .string(name)), ("width", .int(width)), ("height", .int(height)), ("predictions", .array(list)),
            ("ms", ms),
        ]
        if let warning { fields.append(("warning", .string(warning))) }
        return JSON.object(fields).text + "\n"
    }
}
