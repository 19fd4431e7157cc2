import CJPEG
import Engine

/// JPEG files, hostile until decoded: every limit is checked before the memory or time is spent.
public enum JPEG {
    public struct Limits: Sendable {
        /// Of the stored picture.
        public var pixels = 1 << 28
        /// Of a progressive or otherwise multi-scan file.
        public var scans = 64
        /// Of processor time to decode one picture.
        public var milliseconds = 5000
        /// Of working memory in bytes; a progressive picture takes up to six for each pixel.
        public var bytes = 256 << 20

        public init() {}
    }

    /// What the header says.
    public struct Info: Sendable {
        /// As stored, before `orientation` is applied.
        public let size: Size
        public let components: Int
        public let progressive: Bool
        public let orientation: Orientation
        let severalScans: Bool

        /// As shown.
        public var shown: Size { orientation.shown(size) }
    }

    /// A decoded picture. `size` is that of the file as shown, whatever the scale at which it was decoded.
    public struct Decoded: Sendable {
        public let image: Image
        public let size: Size
        /// What was wrong with a file that could be decoded all the same, such as a truncated one.
        public let warning: String?
    }

    public static func probe(
        _ bytes: UnsafeRawBufferPointer, limits: Limits = Limits()
    ) throws(KingletError) -> Info {
        guard Format.isJPEG(bytes), let base = bytes.baseAddress else {
            throw KingletError(.badFile, "\(Format.name(bytes)), not JPEG")
        }
        var info = kj_info()
        try call { message in kj_probe(base.assumingMemoryBound(to: UInt8.self), bytes.count, &info, message) }
        let size = Size(Int(info.width), Int(info.height))
        try require(
            size.width > 0 && size.height > 0 && size.width <= limits.pixels / size.height, .badFile,
            "\(size.text) pixels are too many: the limit is \(limits.pixels)")
        let severalScans = info.several_scans != 0
        if severalScans {
            // 16-bit coefficients, for whole blocks of each component.
            let whole = Size((size.width + 31) & ~31, (size.height + 31) & ~31)
            try require(
                whole.width <= limits.bytes / whole.height / (2 * Int(info.components)), .resource,
                "decoding a \(size.text) picture of several scans takes more than \(limits.bytes >> 20) MB")
            let scans = Markers.scans(bytes, limit: limits.scans)
            try require(scans <= limits.scans, .badFile, "more than \(limits.scans) scans in one JPEG")
        }
        return Info(
            size: size, components: Int(info.components), progressive: info.progressive != 0,
            orientation: EXIF.orientation(bytes), severalScans: severalScans)
    }

    /// The picture as shown, at the smallest scale of 1/8, 1/4, 1/2 and 1 that is not below `wanted`.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, wanting wanted: Size? = nil, limits: Limits = Limits()
    ) throws(KingletError) -> Decoded {
        let info = try probe(bytes, limits: limits)
        let scale = wanted.map { Scale(Box(info.size), to: info.orientation.shown($0)) } ?? .full
        let (image, warning) = try decode(bytes, info, Region(Box(info.size), at: scale, in: info.size), limits)
        return Decoded(image: try image.oriented(info.orientation), size: info.shown, warning: warning)
    }

    /// `region` of the picture as stored.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, _ info: Info, _ region: Region, _ limits: Limits
    ) throws(KingletError) -> (Image, warning: String?) {
        let image = try Image(region.size)
        try require(
            image.pixels.bytes <= limits.bytes, .resource,
            "a decoded picture of \(region.size.text) takes more than \(limits.bytes >> 20) MB")
        var allowed = kj_limits(
            bytes: UInt64(limits.bytes), scans: UInt32(limits.scans), milliseconds: UInt32(limits.milliseconds))
        var area = region.area
        let warning = try call { message in
            bytes.withMemoryRebound(to: UInt8.self) { bytes in
                guard let base = bytes.baseAddress else { return Int32(KJ_BAD) }
                return kj_decode(base, bytes.count, &allowed, &area, image.u8, message)
            }
        }
        return (image, warning.isEmpty ? nil : warning)
    }

    /// Calls a function of CJPEG; its message, or an error of it.
    @discardableResult
    static func call(_ body: (UnsafeMutablePointer<CChar>) -> Int32) throws(KingletError) -> String {
        var status: Int32 = 0
        let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(KJ_MESSAGE)) { message -> String in
            guard let base = message.baseAddress else { return "" }
            status = body(base)
            return String(cString: base)
        }
        switch Int(status) {
        case Int(KJ_OK): return text
        case Int(KJ_UNSUPPORTED): throw KingletError(.unsupported, text)
        case Int(KJ_TIME), Int(KJ_MEMORY): throw KingletError(.resource, text)
        default: throw KingletError(.badFile, text)
        }
    }
}
