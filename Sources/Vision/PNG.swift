/// PNG files without compression, which every reader takes: 8-bit grey or RGB.
public enum PNG {
    /// Of pixels [height, width, channels], 1 or 3 channels.
    public static func encode(_ pixels: UnsafePointer<UInt8>, _ size: Size, channels: Int = 3) -> [UInt8] {
        assert(channels == 1 || channels == 3)
        let row = size.width * channels
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        file.reserveCapacity((row + 1) * size.height + row + 128)
        // 8 bits, the colour type, then the only kinds of compression, filter and interlace that there are or we write.
        let header = word(UInt32(size.width)) + word(UInt32(size.height)) + [8, channels == 1 ? 0 : 2, 0, 0, 0]
        chunk("IHDR", header, to: &file)
        var raw: [UInt8] = []
        raw.reserveCapacity((row + 1) * size.height)
        for r in 0..<size.height {
            raw.append(0)
            raw.append(contentsOf: UnsafeBufferPointer(start: pixels + r * row, count: row))
        }
        chunk("IDAT", zlib(raw), to: &file)
        chunk("IEND", [], to: &file)
        return file
    }

    public static func encode(_ image: Image) -> [UInt8] { encode(image.u8, image.size) }

    private static func word(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    private static func chunk(_ name: StaticString, _ bytes: [UInt8], to file: inout [UInt8]) {
        file += word(UInt32(bytes.count))
        let start = file.count
        file.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        file += bytes
        file += word(crc(file[start...]))
    }

    /// RFC 1950 around stored blocks of RFC 1951.
    private static func zlib(_ raw: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x78, 0x01]
        out.reserveCapacity(raw.count + raw.count / 65535 * 5 + 16)
        var at = 0
        repeat {
            let n = min(raw.count - at, 65535)
            out.append(at + n == raw.count ? 1 : 0)
            for value in [n, ~n] {
                out.append(UInt8(truncatingIfNeeded: value))
                out.append(UInt8(truncatingIfNeeded: value >> 8))
            }
            out += raw[at..<at + n]
            at += n
        } while at < raw.count
        // Adler-32
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in raw {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        return out + word(b << 16 | a)
    }

    /// CRC-32 of ISO 3309.
    private static func crc(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var table = InlineArray<256, UInt32>(repeating: 0)
        for i in 0..<256 {
            var c = UInt32(i)
            for _ in 0..<8 { c = c & 1 == 1 ? 0xEDB8_8320 ^ (c >> 1) : c >> 1 }
            table[i] = c
        }
        var c = UInt32.max
        for byte in bytes { c = table[Int((c ^ UInt32(byte)) & 255)] ^ (c >> 8) }
        return ~c
    }
}
