import Engine
import Testing
import Vision

@Suite struct ResampleTests {
    /// Noise of one size, a box of it, a new size, and the checksum of what Pillow makes of it (conformance/resize.py).
    static let cases: [(Size, Box, Size, UInt64)] = [
        (Size(61, 47), Box(x: 0, y: 0, width: 61, height: 47), Size(32, 32), 0xe159_190a_8db5_6b74),
        (Size(61, 47), Box(x: 0, y: 0, width: 61, height: 47), Size(224, 100), 0xc8c7_a983_7e76_8fca),
        (Size(61, 47), Box(x: 0, y: 0, width: 61, height: 47), Size(61, 20), 0x8331_cfaa_5c4b_e04f),
        (Size(61, 47), Box(x: 0, y: 0, width: 61, height: 47), Size(13, 47), 0xb7ac_3e71_53d1_707f),
        (Size(61, 47), Box(x: 0, y: 0, width: 61, height: 47), Size(61, 47), 0x9af8_e2c8_cd79_dd8b),
        (Size(61, 47), Box(x: 0, y: 0, width: 61, height: 47), Size(1, 1), 0x9163_e119_64da_4780),
        (Size(61, 47), Box(x: 7, y: 0, width: 47, height: 47), Size(32, 32), 0x16a0_3080_5f20_eab7),
        (Size(61, 47), Box(x: 7.5, y: 3.25, width: 41.0, height: 41.0), Size(16, 24), 0x5490_aa8e_8145_d747),
        (Size(1, 1), Box(x: 0, y: 0, width: 1, height: 1), Size(5, 7), 0xaf44_f714_a9a7_e84c),
        (Size(200, 3), Box(x: 0, y: 0, width: 200, height: 3), Size(7, 9), 0xdfff_eaac_9b7f_f096),
        (Size(61, 47), Box(x: 60, y: 46, width: 1, height: 1), Size(4, 4), 0xc535_e185_bcc6_6daf),
        (Size(61, 47), Box(x: 10, y: 10, width: 32, height: 32), Size(32, 32), 0x566b_73ef_eda9_1523),
    ]

    @Test func bilinearResizeEqualsPillowToTheBit() throws {
        for (size, box, to, wanted) in Self.cases {
            let y = try Resample.resize(try noise(size), box: box, to: to)
            #expect(y.size == to)
            #expect(checksum(y) == wanted, "\(size.text) \(box) to \(to.text)")
        }
    }

    @Test func boxesOutsideThePictureAreErrors() throws {
        let x = try noise(Size(8, 8))
        for box in [
            Box(x: -1, y: 0, width: 4, height: 4), Box(x: 0, y: 0, width: 0, height: 4),
            Box(x: 6, y: 0, width: 9, height: 4),
        ] {
            #expect(throws: KingletError.self) { try Resample.resize(x, box: box, to: Size(4, 4)) }
        }
    }
}

func noise(_ size: Size) throws -> Image {
    let image = try Image(size)
    var x: UInt32 = 1
    for i in 0..<3 * size.count {
        x = x &* 1_664_525 &+ 1_013_904_223
        image.u8[i] = UInt8(x >> 24)
    }
    return image
}

/// FNV-1a.
func checksum(_ image: Image) -> UInt64 {
    var h: UInt64 = 0xCBF2_9CE4_8422_2325
    for i in 0..<3 * image.size.count { h = (h ^ UInt64(image.u8[i])) &* 0x100_0000_01B3 }
    return h
}
