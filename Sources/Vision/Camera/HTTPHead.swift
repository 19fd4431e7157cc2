import Engine

/// Status line and headers of an answer.
struct HTTPHead {
    let status: Int
    private let fields: [(name: String, value: String)]

    /// A head has at most this many bytes.
    static let limit = 16 << 10

    /// Where the body begins in `bytes`; nil while the head has not come to its end.
    static func end(_ bytes: some Collection<UInt8>) -> Int? {
        var (line, count) = (0, 0)
        for byte in bytes {
            count += 1
            if byte == 0x0A {
                if line == 0 { return count }
                line = 0
            } else if byte != 0x0D {
                line += 1
            }
        }
        return nil
    }

    init(_ bytes: some Collection<UInt8>) throws(KingletError) {
        let lines = String(decoding: bytes, as: UTF8.self).split { $0 == "\n" || $0 == "\r\n" }
        let words = (lines.first ?? "").split(separator: " ")
        guard let first = words.first, first.hasPrefix("HTTP/1"), words.count > 1, let status = Int(words[1]) else {
            throw KingletError(.device, "the server does not answer in HTTP 1")
        }
        self.status = status
        fields = lines.dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            return (line[..<colon].lowercased(), String(value))
        }
    }

    subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// Throws unless pictures follow.
    func check(_ address: HTTPAddress) throws(KingletError) {
        switch status {
        case 200: break
        case 300...399:
            let place = self["location"] ?? "elsewhere"
            throw KingletError(
                .device,
                "the server sends us to \(place): "
                    + (place.hasPrefix("https:") ? HTTPStream.encrypted : "give that address instead"))
        case 401:
            throw KingletError(
                .device,
                address.login == nil
                    ? "the server wants a password: write http://USER:PASSWORD@HOST…"
                    : "the server does not accept this user and password"
                        + (self["www-authenticate"]?.hasPrefix("Basic") ?? true
                            ? "" : " (it wants another way than Basic)"))
        default: throw KingletError(.device, "the server answers with status \(status)")
        }
        let type = (self["content-type"] ?? "").lowercased()
        try require(
            !type.hasPrefix("text/"), .device,
            "the server sends \(type.prefix { $0 != ";" }) instead of pictures: look for the address of its MJPEG stream"
        )
    }

    var isChunked: Bool { (self["transfer-encoding"] ?? "").lowercased().hasSuffix("chunked") }
    var isMultipart: Bool { (self["content-type"] ?? "").lowercased().hasPrefix("multipart/") }
}
