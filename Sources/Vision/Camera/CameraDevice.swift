/// Four letters that name a pixel format, such as YUYV or MJPG.
public struct FourCC: Sendable, Equatable, Hashable {
    public let code: UInt32

    public init(code: UInt32) { self.code = code }

    /// Letters beyond the fourth do not count; those that lack are spaces.
    public init(_ text: String) {
        var letters = Array(text.utf8.prefix(4))
        while letters.count < 4 { letters.append(0x20) }
        code = letters.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    public var text: String {
        let letters = (0..<4).map { UInt8(truncatingIfNeeded: code >> (8 * $0)) }
        return String(decoding: letters.map { $0 > 32 && $0 < 127 ? $0 : 0x20 }, as: UTF8.self)
            .split(separator: " ").joined()
    }

    /// JPEGs without, or with, their own Huffman tables.
    public var isJPEG: Bool { self == FourCC("MJPG") || self == FourCC("JPEG") }
    public var pixels: PixelFormat? { PixelFormat(rawValue: text) }
    public var isReadable: Bool { isJPEG || pixels != nil }
}

/// Sizes that a camera offers: one where least and most are equal, else all between them in steps.
public struct SizeRange: Sendable, Equatable {
    public let least: Size
    public let most: Size
    public let step: Size

    public init(least: Size, most: Size, step: Size) {
        self.least = least
        self.most = most
        self.step = Size(max(step.width, 1), max(step.height, 1))
    }

    public init(_ size: Size) { self.init(least: size, most: size, step: Size(1, 1)) }

    public var text: String { least == most ? least.text : "\(least.text) to \(most.text)" }

    public func holds(_ size: Size) -> Bool {
        size.width >= least.width && size.width <= most.width && size.height >= least.height
            && size.height <= most.height && (size.width - least.width) % step.width == 0
            && (size.height - least.height) % step.height == 0
    }
}

/// What a camera has agreed to deliver.
public struct CameraMode: Sendable, Equatable {
    public let format: FourCC
    public let size: Size
    /// Bytes from row to row, where pixels are not compressed.
    public let stride: Int
    public let colors: YUV

    public init(_ format: FourCC, _ size: Size, stride: Int, _ colors: YUV) {
        self.format = format
        self.size = size
        self.stride = stride
        self.colors = colors
    }
}

/// A filled buffer, the device's until it is given back.
public struct CameraBuffer {
    public let index: Int
    public let damaged: Bool
    /// Counts the camera's frames, those that nobody took included.
    public let sequence: UInt32
    public let bytes: UnsafeRawBufferPointer

    public init(_ index: Int, damaged: Bool, sequence: UInt32, _ bytes: UnsafeRawBufferPointer) {
        self.index = index
        self.damaged = damaged
        self.sequence = sequence
        self.bytes = bytes
    }
}

/// A call that the device refused, with the C library's number for the reason.
public struct CameraFault: Error, Equatable {
    public let code: Int32

    public init(_ code: Int32) { self.code = code }
}

/// A video device, one function for each thing that a driver can do; `V4L2Device` is the real one.
public protocol CameraDevice: AnyObject {
    var name: String { get }
    var driver: String { get }
    /// Empty where the driver does not tell.
    func formats() -> [FourCC]
    func sizes(_ format: FourCC) -> [SizeRange]
    /// The most frames a second, nil where the driver does not tell.
    func fastest(_ format: FourCC, _ size: Size) -> Double?

    /// Sets what the driver can do that is closest.
    func set(_ format: FourCC, _ size: Size) throws(CameraFault) -> CameraMode
    /// Asks for frames a second, nil for what they are; what they will be, where the driver tells.
    func rate(_ wanted: Double?) -> Double?
    /// Begins to fill about `buffers` buffers; how many there are.
    func start(_ buffers: Int) throws(CameraFault) -> Int
    func stop()
    /// Whether a frame is there within `ms`; false too when a signal comes.
    func wait(_ ms: Int) throws(CameraFault) -> Bool
    /// The oldest filled buffer, nil if none is.
    func take() throws(CameraFault) -> CameraBuffer?
    func give(_ index: Int) throws(CameraFault)
}
