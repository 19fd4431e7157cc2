import CSystem
import Engine
import ONNX
import Vision

/// How a model wants its pixels and what its outputs are called, as texts by the keys of ONNX metadata (`kinglet.mean` …).
public struct ImageSettings: Sendable {
    public private(set) var entries: [(key: String, value: String)] = []

    public init() {}

    /// Sets one text; `name` is how errors call it.
    public mutating func set(_ key: String, _ value: String, as name: String) throws(KingletError) {
        if key != Preprocess.Key.labels {
            var checked = Preprocess()
            do { try checked.set(key, value) } catch {
                throw KingletError(.usage, error.message.exchanging(key, for: name))
            }
        }
        entries.append((key, value))
    }

    public subscript(_ key: String) -> String? { entries.last { $0.key == key }?.value }

    /// What was set here goes before what `model` says.
    func preprocess(_ model: Model) throws(KingletError) -> Preprocess {
        do {
            return try Preprocess { key in self[key] ?? model.metadata[key] }
        } catch {
            throw KingletError(.badFile, error.message).at(model.label)
        }
    }

    /// Names of the outputs: those set here, those of the model's metadata, or `labels.txt` beside its file.
    func labels(_ model: Model, _ path: String?) -> [String]? {
        if let text = self[Preprocess.Key.labels] ?? model.metadata[Preprocess.Key.labels] { return Self.lines(text) }
        return path.flatMap { try? Self.text(file: Self.beside($0)) }.map(Self.lines)
    }

    /// The text of a labels file: one name a line, in the order of the outputs.
    public static func text(file path: String) throws(KingletError) -> String {
        let file = try Storage(file: path, limit: 16 << 20)
        let text = String(decoding: UnsafeRawBufferPointer(start: file.base, count: file.bytes), as: UTF8.self)
        return lines(text).joined(separator: "\n")
    }

    static func beside(_ model: String) -> String {
        (model.lastIndex(of: "/").map { String(model[...$0]) } ?? "") + "labels.txt"
    }

    static func lines(_ text: String) -> [String] {
        var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
        while lines.last == "" { lines.removeLast() }
        return lines
    }
}
