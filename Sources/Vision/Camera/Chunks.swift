import Engine

/// Takes the frames of HTTP's chunked encoding away, whatever the pieces in which it arrives.
struct Chunks {
    private enum State { case size, sizeEnd, data, dataEnd, over }
    private var state = State.size
    private var left = 0
    private var digits = 0

    /// The last chunk has come.
    var isOver: Bool { state == .over }

    /// Moves what is data among the first `count` of `bytes` to their beginning; how many bytes that is.
    mutating func take(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) throws(KingletError) -> Int {
        var (from, to) = (0, 0)
        while from < count, state != .over {
            let byte = bytes[from]
            switch state {
            case .size:
                from += 1
                if let digit = Self.digit(byte) {
                    left = left << 4 | digit
                    digits += 1
                    try require(digits <= 7, .device, "the server sends a chunk that is too large")
                } else {
                    try require(digits > 0, .device, "the server sends chunks without a length")
                    state = .sizeEnd
                    if byte == 0x0A { beginData() }
                }
            case .sizeEnd:
                from += 1
                if byte == 0x0A { beginData() }
            case .data:
                let part = min(left, count - from)
                (bytes + to).update(from: bytes + from, count: part)
                (from, to, left) = (from + part, to + part, left - part)
                if left == 0 { state = .dataEnd }
            case .dataEnd:
                from += 1
                if byte == 0x0A { (state, digits) = (.size, 0) }
            case .over: break
            }
        }
        return to
    }

    private mutating func beginData() { state = left == 0 ? .over : .data }

    private static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x41 + 10
        case 0x61...0x66: Int(byte) - 0x61 + 10
        default: nil
        }
    }
}
