import CSystem
import CVideo
import Engine

/// The body of an HTTP answer, such as the MJPEG stream of a network camera.
public final class HTTPStream: ByteSource {
    public static let encrypted =
        "encrypted connections are not built in: 'curl -sN URL | kinglet classify -' makes one"
    private let file: Int32
    private let timeout: Int
    private var quiet = 0
    private var early: ArraySlice<UInt8> = []
    private var chunks: Chunks?
    /// Bytes of the body that are still to come, where the server said how many it has.
    private var left: Int?
    /// The parts of a multipart body have heads, which are no pictures.
    public let isMultipart: Bool

    /// Connects, asks and reads the head of the answer. Every wait of more than `timeout` ms is an error.
    public init(_ address: HTTPAddress, timeout: Int = 10_000) throws(KingletError) {
        self.timeout = timeout
        let file = kv_connect(address.host, address.port, Int32(clamping: timeout))
        try require(file >= 0, .device, "cannot connect to \(address.host), port \(address.port): \(Self.reason(file))")
        self.file = file
        do {
            let sent = Array(address.request.utf8).withUnsafeBytes { request in
                request.baseAddress.map { kv_send(file, $0, Int32(clamping: request.count)) } ?? 0
            }
            try require(sent >= 0, .device, "cannot ask \(address.host): \(Self.reason(sent))")
            let (head, rest) = try Self.head(file, timeout)
            try head.check(address)
            isMultipart = head.isMultipart
            if head.isChunked { chunks = Chunks() } else { left = head["content-length"].flatMap { Int($0) } }
            early = rest
        } catch {
            kv_hang_up(file)
            throw error
        }
    }

    deinit { kv_hang_up(file) }

    public func wait(_ ms: Int) throws(KingletError) -> Bool {
        if !early.isEmpty || left == 0 || chunks?.isOver == true { return true }
        let start = ks_now()
        let ready = ks_wait(file, UInt32(clamping: ms))
        try require(ready >= 0, .device, "the connection broke: \(Self.reason(ready))")
        quiet = ready > 0 ? 0 : quiet + Int((ks_now() - start) / 1_000_000)
        try require(quiet < timeout, .device, "the server has sent nothing for \(timeout / 1000) s")
        return ready > 0
    }

    public func read(_ bytes: UnsafeMutableRawPointer, _ room: Int) throws(KingletError) -> Int {
        while true {
            if left == 0 || chunks?.isOver == true { return 0 }
            var got = early.count
            if got > 0 {
                got = min(got, room)
                for (i, byte) in early.prefix(got).enumerated() {
                    bytes.storeBytes(of: byte, toByteOffset: i, as: UInt8.self)
                }
                early = early.dropFirst(got)
            } else {
                while try !wait(100) {}
                got = Int(ks_read(file, bytes, room))
                try require(got >= 0, .device, "the connection broke: \(Self.reason(Int32(truncatingIfNeeded: got)))")
                if got == 0 { return 0 }
            }
            if let rest = left { (got, left) = (min(got, rest), rest - min(got, rest)) }
            if chunks != nil { got = try chunks?.take(bytes.assumingMemoryBound(to: UInt8.self), got) ?? 0 }
            if got > 0 { return got }
        }
    }

    private static func head(_ file: Int32, _ timeout: Int) throws(KingletError) -> (HTTPHead, ArraySlice<UInt8>) {
        var bytes = [UInt8](repeating: 0, count: HTTPHead.limit)
        var filled = 0
        let end = ks_now() + UInt64(timeout) * 1_000_000
        while true {
            if let body = HTTPHead.end(bytes[..<filled]) { return (try HTTPHead(bytes[..<body]), bytes[body..<filled]) }
            try require(filled < bytes.count, .device, "the head of the server's answer is too long")
            let now = ks_now()
            try require(now < end, .device, "the server has not answered within \(timeout / 1000) s")
            guard ks_wait(file, UInt32((end - now) / 1_000_000) + 1) > 0 else { continue }
            let got = bytes.withUnsafeMutableBytes { all in
                all.baseAddress.map { ks_read(file, $0 + filled, all.count - filled) } ?? 0
            }
            try require(
                got > 0, .device, "the server hung up" + (got < 0 ? ": " + reason(Int32(truncatingIfNeeded: got)) : ""))
            filled += Int(got)
        }
    }

    private static func reason(_ status: Int32) -> String { String(cString: ks_error(status)) }
}
