import Engine

/// How cameras lay out pictures that are not compressed; the raw value is V4L2's four letters for it.
public enum PixelFormat: String, Sendable, CaseIterable {
    /// Y Cb Y Cr, two pixels in four bytes.
    case yuyv = "YUYV"
    /// Cb Y Cr Y.
    case uyvy = "UYVY"
    /// All Y, then Cb Cr for each 2 × 2 pixels.
    case nv12 = "NV12"
    case rgb = "RGB3"
    case bgr = "BGR3"
    case grey = "GREY"

    /// Bytes of a row of pixels, which are then stored `stride` apart.
    func row(_ width: Int) -> Int {
        switch self {
        case .yuyv, .uyvy: (width + 1) / 2 * 4
        case .nv12: (width + 1) / 2 * 2
        case .rgb, .bgr: 3 * width
        case .grey: width
        }
    }

    /// Rows of `stride` bytes, those of NV12's colours included.
    func rows(_ height: Int) -> Int { self == .nv12 ? height + (height + 1) / 2 : height }
}

/// A picture as a camera delivers it, in memory of the camera's.
public struct RawPicture {
    public let format: PixelFormat
    public let size: Size
    public let stride: Int
    public let colors: YUV
    private let bytes: UnsafeRawBufferPointer

    /// `stride` 0 stands for rows without a gap.
    public init(
        _ format: PixelFormat, _ size: Size, stride: Int, _ colors: YUV, _ bytes: UnsafeRawBufferPointer
    ) throws(KingletError) {
        _ = try checkedCount([size.width, 8])
        let least = format.row(size.width)
        self.stride = stride == 0 ? least : stride
        try require(
            size.width > 0 && size.height > 0 && self.stride >= least, .badFile,
            "\(format.rawValue) pictures of \(size.text) do not lie in rows of \(stride) bytes")
        // The last row need not be followed by a gap.
        let needed = try checkedCount([self.stride, format.rows(size.height)]) - self.stride + least
        try require(
            bytes.count >= needed, .badFile,
            "the camera delivered \(bytes.count) of \(needed) bytes of a \(size.text) picture")
        self.format = format
        self.size = size
        self.colors = colors
        self.bytes = bytes
    }

    /// Red, green, blue. Colours that are stored for two or four pixels hold for each of them.
    public func image() throws(KingletError) -> Image {
        let image = try Image(size)
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return image }
        for i in 0..<size.height {
            let row = base + i * stride
            let y = image.u8 + 3 * i * size.width
            switch format {
            case .yuyv: colors.convert(row, 2, row + 1, row + 3, 4, y, size.width)
            case .uyvy: colors.convert(row + 1, 2, row, row + 2, 4, y, size.width)
            case .nv12:
                let colour = base + (size.height + i / 2) * stride
                colors.convert(row, 1, colour, colour + 1, 2, y, size.width)
            case .rgb: y.update(from: row, count: 3 * size.width)
            case .bgr:
                for k in Swift.stride(from: 0, to: 3 * size.width, by: 3) {
                    (y[k], y[k + 1], y[k + 2]) = (row[k + 2], row[k + 1], row[k])
                }
            case .grey: colors.convert(row, y, size.width)
            }
        }
        return image
    }
}
