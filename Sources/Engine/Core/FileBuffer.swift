import CSystem

/// Memory that takes in one file after another: it grows to the largest, and pages that the kernel once gave are used
/// again, which for a photograph of two megabytes saves as much time as resizing it takes.
public final class FileBuffer {
    /// Larger memory is given back before the next file is read.
    private static let kept = 16 << 20
    private var storage: Storage?

    public init() {}

    /// The whole of a regular file of at most `limit` bytes, until the next one is read.
    public func read(_ path: String, limit: Int) throws(KingletError) -> UnsafeRawBufferPointer {
        let size = Int(clamping: try known(path, path.withCString { ks_size($0) }))
        try require(size <= limit, .badFile, "cannot read '\(path)': \(size) bytes, the limit is \(limit)")
        if storage.map({ $0.bytes < size || $0.bytes > FileBuffer.kept }) ?? true {
            storage = nil
            storage = try Storage(bytes: size)
        }
        guard let base = storage?.base else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        // A file that shrinks meanwhile is one that ends too early.
        let got = try known(path, path.withCString { ks_read_at($0, 0, base, size) })
        return UnsafeRawBufferPointer(start: base, count: Int(clamping: got))
    }

    private func known(_ path: String, _ status: Int64) throws(KingletError) -> Int64 {
        if status >= 0 { return status }
        throw KingletError(.badFile, "cannot read '\(path)': \(String(cString: ks_error(Int32(clamping: status))))")
    }
}
