import Engine

/// `v4l2:///dev/video0?size=640x480&fps=10&format=mjpeg&timeout=5`: a camera and what is asked of it.
public struct CameraAddress: Sendable, Equatable {
    public let path: String
    public private(set) var size: Size?
    /// Frames a second.
    public private(set) var rate: Double?
    public private(set) var format: FourCC?
    /// Seconds without a frame after which a camera counts as broken.
    public private(set) var timeout = 5.0

    public static let scheme = "v4l2://"
    /// What `format=` takes.
    static let names: [(String, FourCC)] =
        [("mjpeg", FourCC("MJPG")), ("yuyv", FourCC("YUYV")), ("uyvy", FourCC("UYVY")), ("nv12", FourCC("NV12"))]
        + [("rgb", FourCC("RGB3")), ("bgr", FourCC("BGR3")), ("grey", FourCC("GREY")), ("jpeg", FourCC("JPEG"))]

    /// Without what is asked of it.
    public var name: String { Self.scheme + path }

    public init(_ text: String) throws(KingletError) {
        try require(text.hasPrefix(Self.scheme), .usage, "'\(text)' is not the address of a camera")
        let parts = Self.split(String(text.dropFirst(Self.scheme.count)), at: "?")
        path = parts.0
        try require(
            path.hasPrefix("/") && path.count > 1, .usage,
            "'\(text)' names no device: write v4l2:///dev/video0, with three slashes")
        for word in (parts.1 ?? "").split(separator: "&") {
            let (key, value) = Self.split(String(word), at: "=")
            try set(key, value ?? "", text)
        }
    }

    private mutating func set(_ key: String, _ value: String, _ text: String) throws(KingletError) {
        func wrong(_ wanted: String) -> KingletError {
            KingletError(.usage, "\(key)=\(value) in '\(text)': give \(wanted)")
        }
        switch key {
        case "size":
            let (width, height) = Self.split(value, at: "x")
            guard let width = Int(width), let height = Int(height ?? ""), (1...32768).contains(width),
                (1...32768).contains(height)
            else { throw wrong("WIDTHxHEIGHT, such as size=640x480") }
            size = Size(width, height)
        case "fps":
            guard let number = Text.number(value), number > 0, number <= 1000 else {
                throw wrong("frames a second, such as fps=10")
            }
            rate = number
        case "timeout":
            guard let number = Text.number(value), number > 0, number <= 3600 else {
                throw wrong("seconds, such as timeout=5")
            }
            timeout = number
        case "format":
            guard let known = Self.names.first(where: { $0.0 == value.lowercased() }) else {
                throw wrong(Self.names.map { $0.0 }.joined(separator: ", "))
            }
            format = known.1
        default:
            throw KingletError(
                .usage,
                "'\(key)' in '\(text)': size, fps, format and timeout are known; v4l2-ctl sets a camera's controls")
        }
    }

    private static func split(_ text: String, at mark: Character) -> (String, String?) {
        guard let at = text.firstIndex(of: mark) else { return (text, nil) }
        return (String(text[..<at]), String(text[text.index(after: at)...]))
    }
}
