import Testing
import Vision

@Suite struct PNGTests {
    @Test func whatIsWrittenIsReadBack() {
        // 300×90×3 bytes take two stored blocks.
        for (width, height, channels) in [(1, 1, 3), (7, 5, 1), (7, 5, 3), (300, 90, 3)] {
            let x = (0..<width * height * channels).map { UInt8($0 * 31 % 256) }
            let file = Vision.PNG.encode(x, Size(width, height), channels: channels)
            let back = PNG(file[...])
            #expect(back.width == width && back.height == height)
            #expect(back.rgb == (channels == 3 ? x : x.flatMap { [$0, $0, $0] }), "\(width)x\(height)x\(channels)")
        }
    }

    /// The file of one red pixel, as Pillow reads it.
    @Test func checksumsAreRight() {
        let file = Vision.PNG.encode([255, 0, 0], Size(1, 1))
        let hex = file.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(
            hex == "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de000000"
                + "0f494441547801010400fbff00ff0000030101008d1de5820000000049454e44ae426082")
    }
}
