import Engine
import Testing
import Vision

/// MJPEG over HTTP from a server on this machine.
@Suite struct HTTPTests {
    private static func jpeg(_ level: UInt8) throws -> [UInt8] {
        let image = try Image(Size(40, 30))
        image.pixels.base.initializeMemory(as: UInt8.self, repeating: level, count: 3600)
        return try JPEG.encode(image, quality: 80)
    }

    private static func head(_ lines: String...) -> [UInt8] {
        Array((["HTTP/1.1 200 OK"] + lines).joined(separator: "\r\n").utf8) + Array("\r\n\r\n".utf8)
    }

    /// The bytes in pieces of 1 … 700, so that every boundary falls everywhere sometimes.
    private static func pieces(_ bytes: [UInt8], _ seed: UInt64) -> [[UInt8]] {
        var dice = Dice(seed)
        var (list, at) = ([[UInt8]](), 0)
        while at < bytes.count {
            let end = min(at + 1 + dice.below(700), bytes.count)
            list.append(Array(bytes[at..<end]))
            at = end
        }
        return list
    }

    private static func chunked(_ pieces: [[UInt8]]) -> [UInt8] {
        pieces.flatMap { Array("\(String($0.count, radix: 16));x=1\r\n".utf8) + $0 + [13, 10] }
            + Array("0\r\n\r\n".utf8)
    }

    private func frames(_ server: Server, _ path: String = "/stream", timeout: Int = 2000) throws -> [[UInt8]?] {
        let address = try HTTPAddress("http://127.0.0.1:\(server.port)\(path)")
        return try StreamTests.frames(try HTTPStream(address, timeout: timeout)).frames
    }

    @Test func framesComeOutOfEveryWayToSendThem() throws {
        let pictures = try [10, 90, 200].map { try Self.jpeg($0) }
        let parts = pictures.flatMap { (picture: [UInt8]) -> [UInt8] in
            let head = "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: \(picture.count)\r\n\r\n"
            return Array(head.utf8) + picture + [13, 10]
        }
        let multipart = "Content-Type: multipart/x-mixed-replace; boundary=frame"
        for seed in 1...5 {
            let seed = UInt64(seed)
            let plain = Server(Self.pieces(Self.head(multipart) + parts, seed))
            #expect(try frames(plain) == pictures)
            #expect(plain.asked.hasPrefix("GET /stream HTTP/1.1\r\nHost: 127.0.0.1:\(plain.port)\r\n"))
            let chunks = Self.chunked(Self.pieces(parts, seed + 10))
            let head = Self.head(multipart, "Transfer-Encoding: chunked")
            #expect(try frames(Server(Self.pieces(head + chunks, seed))) == pictures)
        }
        // One picture, and bytes behind it that do not belong to the answer.
        let one =
            Self.head("Content-Type: image/jpeg", "Content-Length: \(pictures[0].count)") + pictures[0] + pictures[1]
        #expect(try frames(Server([one])) == [pictures[0]])
    }

    @Test func aConnectionThatBreaksLosesOnlyItsLastFrame() throws {
        let picture = try Self.jpeg(50)
        let head = Self.head("Content-Type: multipart/x-mixed-replace; boundary=x")
        #expect(try frames(Server([head + picture + Array(picture.prefix(300))])) == [picture, nil])
    }

    @Test func answersWithoutPicturesSayWhatToDo() throws {
        let cases: [(String, String)] = [
            (
                "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\n\r\n",
                "the server wants a password: write http://USER:PASSWORD@HOST…"
            ),
            ("HTTP/1.1 404 Not Found\r\n\r\n", "the server answers with status 404"),
            (
                "HTTP/1.0 302 Found\r\nLocation: /there\r\n\r\n",
                "the server sends us to /there: give that address instead"
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-type: text/html; charset=x\r\n\r\n<html>",
                "the server sends text/html instead of pictures: look for the address of its MJPEG stream"
            ),
            ("SSH-2.0-OpenSSH\r\n\r\n", "the server does not answer in HTTP 1"),
            ("", "the server hung up"),
            (String(repeating: "x", count: 20_000), "the head of the server's answer is too long"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
                "the server sends a chunk that is too large"
            ),
        ]
        for (answer, words) in cases {
            let error = #expect(throws: KingletError.self) { try frames(Server([Array(answer.utf8)])) }
            #expect(error?.kind == .device && error?.message == words, "\(error?.message ?? "")")
        }
    }

    @Test func silenceIsAnError() throws {
        let before = #expect(throws: KingletError.self) { try frames(Server([[]], after: 1), timeout: 200) }
        #expect(before?.message == "the server has not answered within 0 s")
        let head = Self.head("Content-Type: image/jpeg")
        let after = #expect(throws: KingletError.self) { try frames(Server([head, [0xFF]], after: 2), timeout: 1000) }
        #expect(after?.message == "the server has sent nothing for 1 s")
    }

    @Test func addressesAreReadOrRefused() throws {
        for (text, host, port, path, login) in [
            ("http://cam", "cam", "80", "/", String?.none), ("http://cam:81/a?b=c#d", "cam", "81", "/a?b=c", nil),
            ("http://u:p@w@10.0.0.2/x", "10.0.0.2", "80", "/x", "u:p@w"),
            ("http://[::1]:8080/x", "::1", "8080", "/x", nil),
            ("http://cam?action=stream", "cam", "80", "/?action=stream", nil),
        ] {
            let a = try HTTPAddress(text)
            #expect(a.host == host && a.port == port && a.path == path && a.login == login, "\(text)")
            #expect(!a.name.contains("p@w"))
        }
        for text in [
            "http://", "http:///x", "http://a:0/", "http://a:b/", "http://a:70000/", "http://a b/", "ftp://a/",
            "http://a/\r\nX: y",
        ] {
            let error = #expect(throws: KingletError.self, "\(text)") { try HTTPAddress(text) }
            #expect(error?.kind == .usage, "\(text)")
        }
    }

    @Test func aPasswordIsSent() throws {
        let picture = try Self.jpeg(50)
        let server = Server([Self.head("Content-Type: image/jpeg") + picture])
        let address = try HTTPAddress("http://Aladdin:open%20sesame@127.0.0.1:\(server.port)/")
        #expect(try StreamTests.frames(try HTTPStream(address)).frames == [picture])
        #expect(server.asked.contains("\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"))
    }
}
