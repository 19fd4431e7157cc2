import CSystem
import Engine
import Testing

@Suite struct FileBufferTests {
    @Test func filesOfEverySizeOneAfterAnother() throws {
        let path = "/tmp/kinglet-buffer-\(ks_now())"
        defer { _ = ks_remove(path) }
        let buffer = FileBuffer()
        for size in [5, 300_000, 0, 7, 17 << 20, 9] {
            let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) }
            try #require(ks_write_file(path, content, size) == 0)
            #expect(Array(try buffer.read(path, limit: 17 << 20)) == content, "\(size) bytes")
        }
    }

    @Test func whatCannotBeReadIsNamed() {
        let buffer = FileBuffer()
        for (path, reason) in [
            ("/nowhere/at/all", "No such file or directory"), ("/tmp", "Is a directory"),
            ("/proc/self/exe", "the limit is 1000"),
        ] {
            let error = #expect(throws: KingletError.self) { _ = try buffer.read(path, limit: 1000) }
            #expect(error?.message.contains(reason) == true && error?.message.contains(path) == true, "\(path)")
        }
    }
}
