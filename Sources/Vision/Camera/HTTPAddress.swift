import Engine

/// `http://user:password@host:port/path`
public struct HTTPAddress: Sendable, Equatable {
    public let host: String
    public let port: String
    /// With its query.
    public let path: String
    /// `user:password`, as the server knows them.
    public let login: String?

    public static let scheme = "http://"

    /// Without the password.
    public var name: String { Self.scheme + authority + path }
    private var authority: String {
        (host.contains(":") ? "[\(host)]" : host) + (port == "80" ? "" : ":" + port)
    }

    public init(_ text: String) throws(KingletError) {
        func wrong(_ why: String) -> KingletError {
            KingletError(.usage, "\(why): write http://HOST:PORT/PATH")
        }
        guard text.hasPrefix(Self.scheme) else { throw wrong("not an address") }
        // What cannot stand in a request cannot stand in an address either.
        guard text.utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else { throw wrong("the address holds spaces") }
        let rest = text.dropFirst(Self.scheme.count)
        let slash = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let path = String(rest[slash...].prefix { $0 != "#" })
        self.path = path.hasPrefix("/") ? path : "/" + path
        var place = rest[..<slash]
        if let at = place.lastIndex(of: "@") {
            login = Self.decoded(place[..<at])
            place = place[place.index(after: at)...]
        } else {
            login = nil
        }
        var port = Substring("80")
        if place.hasPrefix("["), let close = place.firstIndex(of: "]") {
            let behind = place[place.index(after: close)...]
            if behind.hasPrefix(":") { port = behind.dropFirst() }
            place = place[place.index(after: place.startIndex)..<close]
        } else if let colon = place.lastIndex(of: ":") {
            port = place[place.index(after: colon)...]
            place = place[..<colon]
        }
        host = String(place)
        self.port = String(port)
        guard !host.isEmpty else { throw wrong("'\(text)' names no host") }
        guard let number = Int(self.port), (1...65535).contains(number) else {
            throw wrong("'\(self.port)' is no port")
        }
    }

    /// What is sent to the server.
    var request: String {
        var lines = ["GET \(path) HTTP/1.1", "Host: \(authority)", "Accept: multipart/x-mixed-replace, image/jpeg"]
        lines += ["User-Agent: kinglet", "Connection: close"]
        if let login { lines.append("Authorization: Basic " + base64(Array(login.utf8))) }
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    /// With the bytes that %XX stands for.
    private static func decoded(_ text: Substring) -> String {
        let parts = text.split(separator: "%", omittingEmptySubsequences: false)
        var bytes = Array(parts[0].utf8)
        for part in parts.dropFirst() {
            if let byte = UInt8(part.prefix(2), radix: 16) {
                bytes.append(byte)
                bytes += part.dropFirst(2).utf8
            } else {
                bytes += "%".utf8
                bytes += part.utf8
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
