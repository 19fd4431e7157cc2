import CSystem
import Engine

/// Bytes that arrive over time.
public protocol ByteSource: AnyObject {
    /// Whether bytes, or the end of them, are there within `ms`.
    func wait(_ ms: Int) throws(KingletError) -> Bool
    /// What is there, at most `room` bytes, after waiting for the first; 0 at the end.
    func read(_ bytes: UnsafeMutableRawPointer, _ room: Int) throws(KingletError) -> Int
}

/// An open file or pipe, which stays open.
public final class FileBytes: ByteSource {
    private let file: Int32

    public init(_ file: Int32) { self.file = file }

    public func wait(_ ms: Int) throws(KingletError) -> Bool {
        try checked(Int(ks_wait(file, UInt32(clamping: ms)))) > 0
    }

    public func read(_ bytes: UnsafeMutableRawPointer, _ room: Int) throws(KingletError) -> Int {
        try checked(Int(ks_read(file, bytes, room)))
    }

    private func checked(_ result: Int) throws(KingletError) -> Int {
        try require(
            result >= 0, .badFile, "cannot read: \(String(cString: ks_error(Int32(truncatingIfNeeded: result))))")
        return result
    }
}
