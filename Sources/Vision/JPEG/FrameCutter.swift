import CJPEG

/// Finds the JPEGs, from SOI to EOI, in a stream of them that may begin in the middle, be padded, damaged or cut.
///
/// What comes out depends on the bytes alone, not on the pieces in which they arrive.
struct FrameCutter {
    enum Find: Equatable {
        case whole(Range<Int>)
        /// Another frame, or the end of the stream, came before its end.
        case cut(Range<Int>)
    }

    /// Where the frame that is being read begins.
    private(set) var start: Int?
    /// What lies before it has been looked at.
    private(set) var position = 0
    /// Bytes outside of frames, the zeros, fill bytes and line ends that pad them left out.
    private(set) var skipped = 0
    /// Behind the first SOS, where entropy-coded data lie between markers.
    private var inScan = false

    /// The next frame of `bytes`, which grow from call to call until they have `ended`; nil if more are needed.
    mutating func next(_ bytes: UnsafeRawBufferPointer, ended: Bool = false) -> Find? {
        while true {
            guard let first = start ?? seek(bytes, ended) else { return nil }
            let at = marker(bytes)
            guard at < bytes.count else {
                // The last byte may be the first half of a marker.
                position = max(position, bytes.count - 1)
                return ended ? cut(first..<bytes.count, next: nil) : nil
            }
            switch bytes[at] {
            case Code.startOfImage: return cut(first..<at - 1, next: at - 1)
            case Code.endOfImage:
                start = nil
                position = at + 1
                return .whole(first..<at + 1)
            case 0xC0...0xEF, 0xFE:
                guard let past = segment(bytes, at, ended) else {
                    position = at - 1
                    return nil
                }
                position = past
            // Reserved codes have no segment, and in entropy-coded data they are damage.
            default: position = at + 1
            }
        }
    }

    /// The first `count` bytes have been dropped.
    mutating func dropped(_ count: Int) {
        start = start.map { $0 - count }
        position = max(position - count, 0)
    }

    /// Gives up the frame that is being read, up to `count` bytes.
    mutating func abandon(_ count: Int) {
        start = nil
        position = count
    }

    private typealias Code = Markers.Code

    private mutating func cut(_ frame: Range<Int>, next: Int?) -> Find {
        start = next
        position = next.map { $0 + 2 } ?? frame.upperBound
        inScan = false
        return .cut(frame)
    }

    /// FF D8 FF
    private mutating func seek(_ bytes: UnsafeRawBufferPointer, _ ended: Bool) -> Int? {
        var i = position
        defer { position = i }
        while i + 2 < bytes.count {
            if Self.begins(bytes, i) {
                start = i
                inScan = false
                i += 2
                return start
            }
            count(bytes[i])
            i += 1
        }
        while ended, i < bytes.count {
            count(bytes[i])
            i += 1
        }
        return nil
    }

    private mutating func count(_ byte: UInt8) {
        if byte != 0, byte != 0xFF, byte != 0x0D, byte != 0x0A { skipped += 1 }
    }

    private func marker(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let base = bytes.baseAddress, position < bytes.count else { return bytes.count }
        return kj_next_marker(base.assumingMemoryBound(to: UInt8.self), bytes.count, position)
    }

    /// Where to go on after the segment whose code is at `at`; nil if more bytes are needed to tell.
    private mutating func segment(_ bytes: UnsafeRawBufferPointer, _ at: Int, _ ended: Bool) -> Int? {
        guard at + 2 < bytes.count else { return ended ? at + 1 : nil }
        let length = Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])
        let end = at + 1 + length
        if length < 2 { return at + 1 }
        if bytes[at] == Code.startOfScan {
            guard length <= 14 else { return at + 1 }
            guard end <= bytes.count else { return ended ? at + 1 : nil }
            guard Self.isScan(bytes, at + 3, length - 2) else { return at + 1 }
            inScan = true
            return end
        }
        guard let sound = follows(bytes, end, ended) else { return nil }
        // In damaged data a false marker; the search for the next one goes on behind it.
        if inScan && !sound { return at + 1 }
        // A frame that was cut inside this segment has its follower in here. Pictures in sound APPn are thumbnails, unless
        // the segment ends with the beginning of one.
        let thumbnails = sound && bytes[at] >= 0xE0 && !(bytes[end - 2] == 0xFF && bytes[end - 1] == Code.startOfImage)
        if !thumbnails, let next = swallowed(bytes, at + 1, min(end, bytes.count), sure: sound) { return next }
        // Decoders put up with bytes between two segments.
        return min(end, bytes.count)
    }

    /// Whether a marker begins at `at` whose segment, if it has one, is followed by a marker too. One alone may be a chance.
    private func follows(_ bytes: UnsafeRawBufferPointer, _ first: Int, _ ended: Bool) -> Bool? {
        var at = first
        while at + 1 < bytes.count, Self.isMarker(bytes, at) {
            let code = bytes[at + 1]
            if code == 0xFF, at < first + 16 {
                at += 1
                continue
            }
            if code == Code.startOfImage || code == Code.endOfImage || code == Code.startOfScan { return true }
            guard at + 3 < bytes.count else { return ended ? at == first : nil }
            let next = at + 2 + max(Int(bytes[at + 2]) << 8 | Int(bytes[at + 3]), 2)
            guard next + 1 < bytes.count else { return ended ? at == first : nil }
            return Self.isMarker(bytes, next)
        }
        return at + 1 < bytes.count || ended ? false : nil
    }

    /// FF and a code, or another FF, that may stand in a header.
    private static func isMarker(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Bool {
        bytes[at] == 0xFF && bytes[at + 1] >= 0xC0 && bytes[at + 1] & 0xF8 != 0xD0
    }

    /// The first beginning of a JPEG in `from` ..< `end`; where the segment looks `sure`, with a likely code behind it.
    private func swallowed(_ bytes: UnsafeRawBufferPointer, _ from: Int, _ end: Int, sure: Bool) -> Int? {
        var i = from
        while i < end, i + 2 < bytes.count {
            if Self.begins(bytes, i), !sure || (i + 3 < bytes.count && bytes[i + 3] >= 0xC0 && bytes[i + 3] < 0xFF) {
                return i
            }
            i += 1
        }
        return nil
    }

    private static func begins(_ bytes: UnsafeRawBufferPointer, _ i: Int) -> Bool {
        bytes[i] == 0xFF && bytes[i + 1] == Code.startOfImage && bytes[i + 2] == 0xFF
    }

    /// Whether the `count` bytes at `at` can be the body of an SOS segment.
    private static func isScan(_ bytes: UnsafeRawBufferPointer, _ at: Int, _ count: Int) -> Bool {
        guard count >= 6, count == 4 + 2 * Int(bytes[at]) else { return false }
        for i in stride(from: at + 2, to: at + count - 3, by: 2) where bytes[i] & 0xCC != 0 { return false }
        let last = at + count - 3
        return bytes[last] < 64 && bytes[last + 1] < 64 && bytes[last + 2] >> 4 < 14 && bytes[last + 2] & 15 < 14
    }
}

extension JPEG {
    /// The whole frames of a Motion JPEG file.
    public static func frames(_ bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
        var cutter = FrameCutter()
        var frames: [Range<Int>] = []
        while let find = cutter.next(bytes, ended: true) {
            if case .whole(let frame) = find { frames.append(frame) }
        }
        return frames
    }
}
