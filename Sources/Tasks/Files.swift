import CSystem
import Engine
import Vision

/// The JPEG files that `path` stands for: itself, or all those below a folder.
public func imageFiles(_ path: String) throws(KingletError) -> [String] {
    // What is not there is left to whoever reads it as a file.
    guard let isFolder = try? Folder.isFolder(path), isFolder else { return [path] }
    return try Folder.pictures(path)
}

/// Bytes that an input may have.
private let inputLimit = 256 << 20

/// The bytes of an input: a file, or standard input for `-`.
func readInput(_ path: String) throws(KingletError) -> Storage {
    if path != "-" {
        try checkInput(path)
        return try Storage(file: path, limit: UInt64(inputLimit))
    }
    var base: UnsafeMutableRawPointer?
    let size = ks_read_stream(0, UInt64(inputLimit), &base)
    guard size >= 0, let base else {
        throw KingletError(.badFile, "cannot read standard input: \(String(cString: ks_error(Int32(clamping: size))))")
    }
    return Storage(taking: base, bytes: Int(size))
}

extension FileBuffer {
    /// The bytes of an input that is a file.
    func readInput(_ path: String) throws(KingletError) -> UnsafeRawBufferPointer {
        try checkInput(path)
        return try read(path, limit: inputLimit)
    }
}

private func checkInput(_ path: String) throws(KingletError) {
    try require(
        !path.hasPrefix("v4l2://") && !path.hasPrefix("http://") && !path.hasPrefix("https://"), .unsupported,
        "cameras and streams are not built into this kinglet: give JPEG files, folders or -")
}
