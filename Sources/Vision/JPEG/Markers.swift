import CJPEG

/// The markers of a JPEG, one after the other; entropy-coded data between them is stepped over.
struct Markers {
    enum Code {
        static let startOfImage: UInt8 = 0xD8
        static let endOfImage: UInt8 = 0xD9
        static let startOfScan: UInt8 = 0xDA
        static let app1: UInt8 = 0xE1
    }

    struct Marker {
        let code: UInt8
        /// Index of the code.
        let at: Int
        /// What the segment holds, without its length; empty for markers without a segment.
        let body: Range<Int>
    }

    private let bytes: UnsafeRawBufferPointer
    private(set) var position: Int

    /// Begins at `start`, where a marker is expected.
    init(_ bytes: UnsafeRawBufferPointer, from start: Int = 0) {
        self.bytes = bytes
        position = start
    }

    /// The next marker; nil where the bytes end, or end inside its segment: with more bytes it can go on at `position`.
    mutating func next() -> Marker? {
        let at = seek(position)
        guard at < bytes.count else {
            // The last byte may be the first half of a marker.
            position = max(position, bytes.count - 1)
            return nil
        }
        let code = bytes[at]
        if code == Code.startOfImage || code == Code.endOfImage || code == 0x01 {
            position = at + 1
            return Marker(code: code, at: at, body: at + 1..<at + 1)
        }
        position = at - 1
        guard at + 2 < bytes.count else { return nil }
        let end = at + 1 + max(Int(bytes[at + 1]) << 8 | Int(bytes[at + 2]), 2)
        guard end <= bytes.count else { return nil }
        position = end
        return Marker(code: code, at: at, body: at + 3..<end)
    }

    private func seek(_ from: Int) -> Int {
        guard let base = bytes.baseAddress, from < bytes.count else { return bytes.count }
        return kj_next_marker(base.assumingMemoryBound(to: UInt8.self), bytes.count, from)
    }

    /// The number of scans, counted no further than `limit` + 1.
    static func scans(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Int {
        var markers = Markers(bytes)
        var count = 0
        while count <= limit, let marker = markers.next(), marker.code != Code.endOfImage {
            if marker.code == Code.startOfScan { count += 1 }
        }
        return count
    }
}
