import CSystem
import Engine

/// Folders of files, in the order of their names' bytes.
public enum Folder {
    public struct Entry: Sendable {
        public let name: String
        public let isFolder: Bool
    }

    /// Whether `path` is a folder; an error if there is nothing.
    public static func isFolder(_ path: String) throws(KingletError) -> Bool {
        let kind = path.withCString { ks_kind($0) }
        if kind < 0 { throw failure(path, Int64(kind)) }
        return kind == Int32(UInt8(ascii: "d"))
    }

    /// What the folder holds; hidden entries are left out.
    public static func entries(_ path: String) throws(KingletError) -> [Entry] {
        var base: UnsafeMutableRawPointer?
        let count = path.withCString { ks_list($0, 1 << 28, &base) }
        guard count >= 0, let base else { throw failure(path, count) }
        defer { ks_free(base, Int(count)) }
        var entries: [Entry] = []
        for line in UnsafeRawBufferPointer(start: base, count: Int(count)).split(separator: 0) {
            let name = String(decoding: line.dropFirst(), as: UTF8.self)
            entries.append(Entry(name: name, isFolder: line.first == UInt8(ascii: "d")))
        }
        return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Every file below `path` whose name ends as a JPEG's does.
    public static func pictures(_ path: String) throws(KingletError) -> [String] {
        try pictures(path, depth: 0)
    }

    private static func pictures(_ path: String, depth: Int) throws(KingletError) -> [String] {
        // Links can make folders endless.
        try require(depth < 16, .badFile, "folders more than 16 deep at '\(path)'")
        var files: [String] = []
        for entry in try entries(path) {
            let full = join(path, entry.name)
            if entry.isFolder {
                files += try pictures(full, depth: depth + 1)
            } else if isPicture(entry.name) {
                files.append(full)
            }
        }
        return files
    }

    /// .jpg, .jpeg, .jpe or .jfif, in small or capital letters.
    static func isPicture(_ name: String) -> Bool {
        guard let ending = Text.split(name, at: UInt8(ascii: ".")).last else { return false }
        let small = String(decoding: ending.utf8.map { $0 >= 65 && $0 <= 90 ? $0 | 0x20 : $0 }, as: UTF8.self)
        return small == "jpg" || small == "jpeg" || small == "jpe" || small == "jfif"
    }

    static func join(_ folder: String, _ name: String) -> String {
        folder.utf8.last == UInt8(ascii: "/") ? folder + name : folder + "/" + name
    }

    private static func failure(_ path: String, _ status: Int64) -> KingletError {
        KingletError(.badFile, "cannot read '\(path)': \(String(cString: ks_error(Int32(truncatingIfNeeded: status))))")
    }
}
