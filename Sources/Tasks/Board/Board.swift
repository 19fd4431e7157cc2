import Engine

/// A board file: what a board has, and what of it Kinglet should use. docs/boards.md lists the keys.
public struct Board: Sendable {
    public let name: String
    public let description: String
    /// How /proc/device-tree/model begins on such a board.
    package let model: String?
    /// The first part of the triple: aarch64, armv7, x86_64.
    package let family: String
    package let isas: [String]
    /// Least memory that it is sold with, in bytes.
    package let ram: Int
    public let threads: Int
    /// Bytes that Kinglet should need at most.
    public let memory: Int
    package let camera: String?
    /// Oldest kernel: 6.1.
    package let kernel: String?

    /// Parses the text of a board file: lines `KEY=value` or `KEY="value"`, and comments.
    public init(_ text: String, name: String) throws(KingletError) {
        let pairs: [(String, String)] = try Board.pairs(text, file: name)
        func value(_ key: String) -> String? {
            pairs.last { $0.0 == key }.flatMap { $0.1.isEmpty ? nil : $0.1 }
        }
        func needed(_ key: String) throws(KingletError) -> String {
            guard let text = value(key) else { throw KingletError(.badFile, "board file '\(name)' has no \(key)") }
            return text
        }
        func bytes(_ key: String) throws(KingletError) -> Int {
            let text = try needed(key)
            guard let bytes = parseBytes(text), bytes > 0 else {
                throw KingletError(.badFile, "board file '\(name)': \(key)=\(text) is not a size such as 512M")
            }
            return bytes
        }
        self.name = name
        description = try needed("DESCRIPTION")
        family = try String(needed("TRIPLE").prefix { $0 != "-" })
        isas = try needed("ISA").split(separator: " ").map { String($0) }
        (ram, memory) = (try bytes("RAM"), try bytes("MEMORY"))
        let threads = try needed("THREADS")
        guard let count = Int(threads), count > 0, count <= 1024 else {
            throw KingletError(.badFile, "board file '\(name)': THREADS=\(threads) is not a number of threads")
        }
        self.threads = count
        (model, camera, kernel) = (value("MODEL"), value("CAMERA"), value("KERNEL"))
    }

    private static func pairs(_ text: String, file: String) throws(KingletError) -> [(String, String)] {
        var pairs: [(String, String)] = []
        for (number, line) in text.split(whereSeparator: { $0.isNewline }).enumerated() {
            let line = trimmed(line)
            if line.isEmpty || line.first == "#" { continue }
            guard let pair = pair(line) else {
                throw KingletError(
                    .badFile, "board file '\(file)', line \(number + 1): '\(line.prefix(60))' is not KEY=value")
            }
            pairs.append(pair)
        }
        return pairs
    }

    /// `KEY=value # comment`, `KEY="a value" # comment`; nil for anything else.
    private static func pair(_ line: Substring) -> (String, String)? {
        let key = line.prefix { ("A"..."Z").contains($0) || $0 == "_" }
        var rest = line.dropFirst(key.count)
        guard !key.isEmpty, rest.first == "=" else { return nil }
        rest = rest.dropFirst()
        let quoted = rest.first == "\""
        if quoted { rest = rest.dropFirst() }
        let value = rest.prefix { quoted ? $0 != "\"" : !$0.isWhitespace && $0 != "\"" }
        rest = rest.dropFirst(value.count)
        if quoted {
            guard rest.first == "\"" else { return nil }
            rest = rest.dropFirst()
        }
        let behind = trimmed(rest)
        guard behind.isEmpty || (behind.first == "#" && rest.first != "#") else { return nil }
        return (String(key), String(value))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
