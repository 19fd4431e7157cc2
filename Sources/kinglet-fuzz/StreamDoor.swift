import Engine
import Vision

extension Door {
    /// A stream of JPEGs, read in pieces: what comes out must not depend on the pieces, and be framed by SOI and EOI.
    static let stream = Door(name: "stream", milliseconds: 1000) { bytes in
        // One piece holds all: with less, room for a frame would depend on what came with it.
        let limit = max(bytes.count, 1 << 10)
        guard let whole = try? frames(Pieces(bytes, bytes.count), limit) else {
            precondition((try? frames(Pieces(bytes, 100), limit)) == nil)
            return false
        }
        precondition((try? frames(Pieces(bytes, 1 + bytes.count % 97), limit)) == whole)
        _ = try? frames(Pieces(bytes, 4096), 1 << 10)
        let sound = whole.filter { $0.count >= 0 }
        precondition(sound.reduce(0) { $0 + $1.count } <= bytes.count)
        return !sound.isEmpty
    }

    /// A frame by its length and a sum of its bytes; -1 for a damaged one.
    private struct Seen: Equatable {
        let count: Int
        let sum: UInt64
    }

    private static func frames(_ source: Pieces, _ limit: Int) throws(KingletError) -> [Seen] {
        let stream = try JPEGStream(source, limit: limit)
        var list: [Seen] = []
        while let frame = try stream.next(until: { false }) {
            precondition(frame.number == list.count + 1)
            guard case .jpeg(let bytes) = frame.content else {
                list.append(Seen(count: -1, sum: 0))
                continue
            }
            precondition(bytes[0] == 0xFF && bytes[1] == 0xD8)
            let last = bytes.count - 1
            // The only frame of a stream may lack its end.
            precondition(list.isEmpty || (bytes[last - 1] == 0xFF && bytes[last] == 0xD9))
            list.append(Seen(count: bytes.count, sum: bytes.reduce(0) { $0 &* 31 &+ UInt64($1) }))
        }
        return list
    }
}

/// Bytes that arrive `piece` at a time.
private final class Pieces: ByteSource {
    private let bytes: UnsafeRawBufferPointer
    private let piece: Int
    private var at = 0

    init(_ bytes: UnsafeRawBufferPointer, _ piece: Int) { (self.bytes, self.piece) = (bytes, max(piece, 1)) }

    func wait(_ ms: Int) throws(KingletError) -> Bool { true }

    func read(_ to: UnsafeMutableRawPointer, _ room: Int) throws(KingletError) -> Int {
        let count = min(piece, room, bytes.count - at)
        if count > 0 { to.copyMemory(from: bytes.baseAddress! + at, byteCount: count) }
        at += count
        return count
    }
}
