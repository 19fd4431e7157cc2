import CSystem
import Engine

/// The JPEG files that `path` stands for: itself, or those in a folder and the folders in it, in order of their names.
public func imageFiles(_ path: String) throws(KingletError) -> [String] {
    guard let names = try list(path) else { return [path] }
    var files: [String] = []
    try walk(path, names, depth: 0, &files)
    return files
}

private func walk(_ folder: String, _ names: [String], depth: Int, _ files: inout [String]) throws(KingletError) {
    try require(depth < 64, .badFile, "folders are nested more than 64 deep in '\(folder)'")
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    for name in names {
        if name.hasSuffix("/") {
            let inner = prefix + name
            try walk(inner, try list(inner) ?? [], depth: depth + 1, &files)
        } else if [".jpg", ".jpeg", ".jpe"].contains(where: { name.lowercased().hasSuffix($0) }) {
            files.append(prefix + name)
        }
    }
}

/// Sorted names in a folder, those of folders with a `/` at the end; nil if `path` is no folder.
private func list(_ path: String) throws(KingletError) -> [String]? {
    var base: UnsafeMutableRawPointer?
    let size = path.withCString { ks_list_folder($0, &base) }
    // What is no folder, or not there, is left to whoever reads it as a file.
    guard size >= 0, let base else { return nil }
    defer { ks_free(base, Int(size)) }
    let bytes = UnsafeRawBufferPointer(start: base, count: Int(size))
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.sorted()
}

/// The bytes of an input: a file, or standard input for `-`.
func readInput(_ path: String) throws(KingletError) -> Storage {
    let limit: UInt64 = 256 << 20
    if path != "-" {
        try require(
            !path.hasPrefix("v4l2://") && !path.hasPrefix("http://") && !path.hasPrefix("https://"), .unsupported,
            "cameras and streams are not built into this kinglet: give JPEG files, folders or -")
        return try Storage(file: path, limit: limit)
    }
    var base: UnsafeMutableRawPointer?
    let size = ks_read_stream(0, limit, &base)
    guard size >= 0, let base else {
        throw KingletError(.badFile, "cannot read standard input: \(String(cString: ks_error(Int32(clamping: size))))")
    }
    return Storage(taking: base, bytes: Int(size))
}
