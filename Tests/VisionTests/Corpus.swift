import CSystem
import Engine
import Vision

/// The shared JPEG corpus: the files of its tar archive and the rows of its manifest.
struct Corpus {
    let files: [String: ArraySlice<UInt8>]
    let rows: [[String: String]]

    /// nil, and a loud line, where the shared data is absent.
    static let shared: Corpus? = {
        let folder = data + "/data/jpeg_corpus"
        guard let tar = read(folder + "/jpeg_corpus.tar"), let manifest = read(folder + "/manifest.csv") else {
            print("SKIPPED: no JPEG corpus in '\(folder)' (set KINGLET_DATA)")
            return nil
        }
        return Corpus(files: untar(tar), rows: table(String(decoding: manifest, as: UTF8.self)))
    }()

    static let data = ks_environment("KINGLET_DATA").map { String(cString: $0) } ?? "../shared"

    static func read(_ path: String) -> [UInt8]? {
        guard let file = try? Storage(file: path) else { return nil }
        return Array(UnsafeRawBufferPointer(start: file.base, count: file.bytes))
    }

    /// Regular files of a tar archive, by name without folders.
    static func untar(_ bytes: [UInt8]) -> [String: ArraySlice<UInt8>] {
        var files: [String: ArraySlice<UInt8>] = [:]
        var at = 0
        while at + 512 <= bytes.count, bytes[at] != 0 {
            let name = String(decoding: bytes[at..<at + 100].prefix { $0 != 0 }, as: UTF8.self)
            let size = bytes[at + 124..<at + 136].reduce(0) { $1 >= 48 && $1 < 56 ? $0 * 8 + Int($1 - 48) : $0 }
            if bytes[at + 156] == UInt8(ascii: "0") {
                files[String(name.split(separator: "/").last ?? "")] = bytes[at + 512..<at + 512 + size]
            }
            at += 512 + (size + 511) / 512 * 512
        }
        return files
    }

    /// Rows of a CSV table by the names in its first line.
    static func table(_ text: String) -> [[String: String]] {
        let lines = text.split(whereSeparator: \.isNewline).map { cells($0) }
        guard let names = lines.first else { return [] }
        return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(names, $0)) }
    }

    private static func cells(_ line: Substring) -> [String] {
        var cells = [""]
        var quoted = false
        for c in line {
            if c == "\"" {
                quoted.toggle()
            } else if c == ",", !quoted {
                cells.append("")
            } else {
                cells[cells.count - 1].append(c)
            }
        }
        return cells
    }
}

/// Calls `body` with the bytes of a list.
func withBytes<T>(_ bytes: some Collection<UInt8>, _ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
    try Array(bytes).withUnsafeBytes(body)
}
