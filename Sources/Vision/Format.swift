/// What a file is, by its first bytes.
public enum Format {
    /// Whether `bytes` begin as a JPEG does.
    public static func isJPEG(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 2 && bytes[0] == 0xFF && bytes[1] == 0xD8 && (bytes.count == 2 || bytes[2] == 0xFF)
    }

    /// PNG, HTML, "an empty file": what to call it in an error.
    public static func name(_ bytes: UnsafeRawBufferPointer) -> String {
        if bytes.isEmpty { return "an empty file" }
        if isJPEG(bytes) { return "JPEG" }
        for (offset, magic, name) in signatures where matches(bytes, magic, at: offset) { return name }
        if matches(bytes, "ftyp", at: 4) { return brand(bytes) }
        return text(bytes) ?? "an unknown kind of data"
    }

    private static let signatures: [(Int, StaticString, String)] = [
        (1, "PNG\r\n", "PNG"), (0, "GIF8", "GIF"), (8, "WEBP", "WebP"), (8, "AVI ", "AVI video"), (0, "RIFF", "RIFF"),
        (0, "BM", "BMP"), (0, "II*\0", "TIFF"), (0, "MM\0*", "TIFF"), (0, "%PDF", "PDF"), (4, "jP  ", "JPEG 2000"),
        (4, "JXL ", "JPEG XL"), (0, "8BPS", "Photoshop"), (0, "PK\u{3}\u{4}", "ZIP"), (0, "P6", "PPM"),
        (0, "P5", "PGM"),
        (1, "7zXZ", "xz"), (0, "\u{1F}", "gzip"), (0, "qoif", "QOI"),
    ]

    private static func matches(_ bytes: UnsafeRawBufferPointer, _ magic: StaticString, at offset: Int) -> Bool {
        let length = magic.utf8CodeUnitCount
        guard bytes.count >= offset + length else { return false }
        for i in 0..<length where bytes[offset + i] != magic.utf8Start[i] { return false }
        return true
    }

    /// ISO media files say what they hold in the four letters after `ftyp`.
    private static func brand(_ bytes: UnsafeRawBufferPointer) -> String {
        let kinds: [(StaticString, String)] = [
            ("avi", "AVIF"), ("hei", "HEIC"), ("hev", "HEIC"), ("mif1", "HEIF"), ("msf1", "HEIF"),
            ("qt", "QuickTime video"),
        ]
        for (letters, name) in kinds where matches(bytes, letters, at: 8) { return name }
        return "MP4 video"
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
        let start = bytes.prefix(256)
        for byte in start where byte < 9 || (byte > 13 && byte < 32) || byte > 126 { return nil }
        guard let first = start.first(where: { $0 > 32 }) else { return "text" }
        return first == UInt8(ascii: "<") ? "HTML or XML" : "text"
    }
}
