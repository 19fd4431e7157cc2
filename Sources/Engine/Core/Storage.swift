import CSystem

/// Memory on a 64-byte boundary, freed with its last owner. `slack` readable bytes follow the last one.
public final class Storage: @unchecked Sendable {
    public let base: UnsafeMutableRawPointer
    public let bytes: Int
    /// 0 for memory that somebody else owns.
    private let reserved: Int
    /// Kernels may read, never use, this many bytes past the end of any value.
    public static let slack = 64

    /// Zeroed memory.
    public init(bytes: Int) throws(KingletError) {
        try require(bytes >= 0 && bytes <= Int.max - 128, .resource, "cannot allocate \(bytes) bytes")
        reserved = bytes + Storage.slack
        guard let base = ks_alloc(reserved) else {
            throw KingletError(.resource, "out of memory: cannot allocate \(bytes) bytes")
        }
        self.base = base
        self.bytes = bytes
    }

    /// The whole of a regular file of at most `limit` bytes.
    public init(file path: String, limit: UInt64 = 2 << 30) throws(KingletError) {
        var base: UnsafeMutableRawPointer?
        let size = path.withCString { ks_read_file($0, min(limit, UInt64(Int.max)), &base) }
        guard size >= 0, let base else {
            let reason = String(cString: ks_error(Int32(truncatingIfNeeded: size)))
            throw KingletError(.badFile, "cannot read '\(path)': \(reason)")
        }
        self.base = base
        bytes = Int(size)
        reserved = max(Int(size), 1)
    }

    /// Memory that outlives everything, such as data inside the executable; only read.
    public init(static base: UnsafeRawPointer, bytes: Int) {
        self.base = UnsafeMutableRawPointer(mutating: base)
        self.bytes = bytes
        reserved = 0
    }

    /// Memory from `ks_alloc(bytes)`, freed with its last owner.
    public init(taking base: UnsafeMutableRawPointer, bytes: Int) {
        self.base = base
        self.bytes = bytes
        reserved = max(bytes, 1)
    }

    /// Nobody else can see these bytes: their last reader may overwrite them.
    var isOwned: Bool { reserved > 0 }

    deinit { if reserved > 0 { ks_free(base, reserved) } }
}
