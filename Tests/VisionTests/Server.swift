import CSystem
import Glibc

/// Answers one HTTP request on a port of this machine with given pieces, then waits `after` seconds and hangs up.
final class Server: @unchecked Sendable {
    let port: Int
    private let listener: Int32
    private let pieces: [[UInt8]]
    private let after: Double
    private let done = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private var request: [UInt8] = []

    init(_ pieces: [[UInt8]], after: Double = 0) {
        self.pieces = pieces
        self.after = after
        done.initialize(to: 0)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                _ = bind(listener, raw, size)
                _ = getsockname(listener, raw, &size)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        listen(listener, 1)
        self.listener = listener
        let context = Unmanaged.passRetained(self).toOpaque()
        _ = ks_thread_start({ Unmanaged<Server>.fromOpaque($0!).takeRetainedValue().serve() }, context)
    }

    deinit { done.deallocate() }

    private func serve() {
        let file = accept(listener, nil, nil)
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !request.suffix(4).elementsEqual([13, 10, 13, 10]) {
            let got = recv(file, &buffer, buffer.count, 0)
            if got <= 0 { break }
            request += buffer[..<got]
        }
        for piece in pieces {
            if send(file, piece, piece.count, Int32(MSG_NOSIGNAL)) < 0 { break }
            usleep(1000)
        }
        usleep(UInt32(after * 1e6))
        close(file)
        close(listener)
        ks_store(done, 1)
    }

    /// What was asked, once the answer has been given.
    var asked: String {
        while ks_load(done) == 0 { usleep(1000) }
        return String(decoding: request, as: UTF8.self)
    }
}
