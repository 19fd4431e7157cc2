import CJPEG

/// Finds the JPEGs, from SOI to EOI, in a stream of them that may begin in the middle, be padded or have cut frames.
struct FrameCutter {
    /// Where the frame that is being read begins.
    private(set) var start: Int?
    /// What lies before it has been looked at.
    private(set) var position = 0
    /// Frames without an end, which are left out.
    private(set) var cut = 0

    /// The next whole frame of `bytes`, which grow from call to call; nil if more bytes are needed.
    mutating func next(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        while true {
            guard let first = start ?? seek(bytes) else { return nil }
            start = first
            var markers = Markers(bytes, from: max(position, first + 2))
            let marker = markers.next()
            position = markers.position
            guard let marker else { return nil }
            if marker.code == Markers.Code.startOfImage {
                cut += 1
                start = marker.at - 1
            } else if marker.code == Markers.Code.endOfImage {
                start = nil
                return first..<marker.at + 1
            }
        }
    }

    /// FF D8 FF
    private mutating func seek(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var i = position
        while i + 2 < bytes.count {
            if bytes[i] == 0xFF, bytes[i + 1] == Markers.Code.startOfImage, bytes[i + 2] == 0xFF { return i }
            i += 1
        }
        position = max(position, bytes.count - 2)
        return nil
    }

    /// The first `count` bytes have been dropped.
    mutating func dropped(_ count: Int) {
        start = start.map { $0 - count }
        position = max(position - count, 0)
    }
}

extension JPEG {
    /// The whole frames of a Motion JPEG file.
    public static func frames(_ bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
        var cutter = FrameCutter()
        var frames: [Range<Int>] = []
        while let frame = cutter.next(bytes) { frames.append(frame) }
        return frames
    }
}
