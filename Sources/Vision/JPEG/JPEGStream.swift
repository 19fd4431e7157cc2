import CSystem
import Engine

/// One JPEG after the other from an open file, pipe or socket.
public final class JPEGStream {
    private let file: Int32
    private let limit: Int
    private var buffer: Storage
    private var filled = 0
    /// Bytes at the beginning of `buffer` that the last frame used.
    private var used = 0
    private var cutter = FrameCutter()
    private var frames = 0
    private var ended = false
    /// What a stream without any frame is, by its first bytes.
    private var kind: String?

    /// Frames of more than `limit` bytes are an error.
    public init(file: Int32, limit: Int = 64 << 20) throws(KingletError) {
        self.file = file
        self.limit = limit
        buffer = try Storage(bytes: 1 << 16)
    }

    /// Frames that had no end and were left out.
    public var cut: Int { cutter.cut }

    /// The next frame, valid until the next call; nil at the end. A stream that ends in its first frame gives what there
    /// is of it; one without any frame is an error.
    public func next() throws(KingletError) -> UnsafeRawBufferPointer? {
        drop(used)
        used = 0
        while true {
            if let frame = cutter.next(UnsafeRawBufferPointer(start: buffer.base, count: filled)) {
                frames += 1
                used = frame.upperBound
                return UnsafeRawBufferPointer(start: buffer.base + frame.lowerBound, count: frame.count)
            }
            if ended { return try last() }
            try read()
        }
    }

    private func last() throws(KingletError) -> UnsafeRawBufferPointer? {
        if frames > 0 { return nil }
        guard let start = cutter.start else {
            throw KingletError(.badFile, "\(kind ?? "an empty file"), not JPEG")
        }
        frames = 1
        used = filled
        cutter = FrameCutter()
        return UnsafeRawBufferPointer(start: buffer.base + start, count: filled - start)
    }

    private func read() throws(KingletError) {
        // What precedes the frame is not needed.
        drop(cutter.start ?? cutter.position)
        if filled == buffer.bytes {
            try require(filled < limit, .badFile, "a frame of more than \(limit >> 20) MB")
            let larger = try Storage(bytes: min(2 * filled, limit))
            larger.base.copyMemory(from: buffer.base, byteCount: filled)
            buffer = larger
        }
        let got = ks_read(file, buffer.base + filled, buffer.bytes - filled)
        try require(got >= 0, .badFile, "cannot read: \(String(cString: ks_error(Int32(truncatingIfNeeded: got))))")
        ended = got == 0
        filled += Int(got)
        if kind == nil, filled >= 16 || ended {
            kind = Format.name(UnsafeRawBufferPointer(start: buffer.base, count: filled))
        }
    }

    private func drop(_ count: Int) {
        guard count > 0 else { return }
        (buffer.base).copyMemory(from: buffer.base + count, byteCount: filled - count)
        filled -= count
        cutter.dropped(count)
    }
}
