import CSystem
import Engine

/// One JPEG after the other from a file, pipe or socket: each is given as soon as it is complete.
public final class JPEGStream: FrameSource {
    private let source: any ByteSource
    private let limit: Int
    private var buffer: Storage
    private var filled = 0
    private var cutter = FrameCutter()
    private var ended = false
    /// What a stream without any frame is, by its first bytes.
    private var kind: String?

    /// A frame of more than `limit` bytes is left out as damaged, and no more memory than that is taken.
    public init(_ source: any ByteSource, limit: Int = 64 << 20) throws(KingletError) {
        self.source = source
        self.limit = max(limit, 1 << 10)
        buffer = try Storage(bytes: min(1 << 16, self.limit))
    }

    /// How many have been given, damaged ones included.
    public private(set) var frames = 0
    /// Bytes between frames that belong to none.
    public var skipped: Int { cutter.skipped }
    /// The stream ended with its first frame, as far as could be seen a quarter of a second after it.
    public private(set) var single = false

    /// A stream that ends in its first frame gives what there is of it; one without any frame is an error.
    public func next(until stop: () -> Bool) throws(KingletError) -> VideoFrame? {
        while true {
            if let find = cutter.next(bytes, ended: ended) { return try frame(find) }
            if ended {
                if frames > 0 { return nil }
                throw KingletError(.badFile, "\(kind ?? "an empty file"), not JPEG")
            }
            // What precedes the frame is not needed.
            drop(cutter.start ?? cutter.position)
            if filled == limit {
                cutter.abandon(filled)
                return damaged("a frame of more than \(limit >> 10) KB")
            }
            while try !source.wait(100) { if stop() { return nil } }
            if stop() { return nil }
            try read()
        }
    }

    private var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: buffer.base, count: filled) }

    private func frame(_ find: FrameCutter.Find) throws(KingletError) -> VideoFrame {
        switch find {
        case .whole(let range): return try given(range)
        case .cut(let range):
            if ended && frames == 0 && range.upperBound == filled { return try given(range) }
            return damaged(
                ended && range.upperBound == filled
                    ? "the stream ends inside this JPEG" : "this JPEG has no end: the next begins inside it")
        }
    }

    private func given(_ range: Range<Int>) throws(KingletError) -> VideoFrame {
        frames += 1
        if frames == 1 { try lookAhead(250) }
        return VideoFrame(frames, .jpeg(UnsafeRawBufferPointer(rebasing: bytes[range])))
    }

    private func damaged(_ message: String) -> VideoFrame {
        frames += 1
        return VideoFrame(frames, .damaged(KingletError(.badFile, message)))
    }

    /// Waits at most `ms` for a sign that another frame follows.
    private func lookAhead(_ ms: Int) throws(KingletError) {
        let end = ks_now() + UInt64(ms) * 1_000_000
        while true {
            var ahead = cutter
            if ahead.next(bytes, ended: ended) != nil || ahead.start != nil { return }
            if ended {
                single = true
                return
            }
            let now = ks_now()
            guard now < end, filled < limit, try source.wait(Int((end - now) / 1_000_000) + 1) else { return }
            try read()
        }
    }

    private func read() throws(KingletError) {
        if filled == buffer.bytes {
            let larger = try Storage(bytes: min(2 * filled, limit))
            larger.base.copyMemory(from: buffer.base, byteCount: filled)
            buffer = larger
        }
        let got = try source.read(buffer.base + filled, buffer.bytes - filled)
        ended = got == 0
        filled += got
        if kind == nil, filled >= 16 || ended { kind = Format.name(bytes) }
    }

    private func drop(_ count: Int) {
        guard count > 0 else { return }
        buffer.base.copyMemory(from: buffer.base + count, byteCount: filled - count)
        filled -= count
        cutter.dropped(count)
    }
}
