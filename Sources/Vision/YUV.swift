/// What brightness Y and colour differences Cb, Cr of a byte each mean:
///
///     y = (Y − 16) · 255/219, b = (Cb − 128) · 255/224, r = (Cr − 128) · 255/224      limited range
///     y = Y, b = Cb − 128, r = Cr − 128                                               full range
///     R = y + 2 (1 − Kr) r,  B = y + 2 (1 − Kb) b,  G = (y − Kr R − Kb B) / (1 − Kr − Kb)
///
/// rounded and clipped to 0 … 255. Kr and Kb are those of ITU-R BT.601, unless the camera says otherwise.
public struct YUV: Sendable, Equatable {
    public enum Encoding: String, Sendable {
        case bt601 = "BT.601"
        case bt709 = "BT.709"
        case bt2020 = "BT.2020"
        case smpte240 = "SMPTE 240M"

        var weights: (red: Double, blue: Double) {
            switch self {
            case .bt601: (0.299, 0.114)
            case .bt709: (0.2126, 0.0722)
            case .bt2020: (0.2627, 0.0593)
            case .smpte240: (0.212, 0.087)
            }
        }
    }

    public let encoding: Encoding
    public let fullRange: Bool
    // In units of 2^-20.
    private let y: Int32
    private let black: Int32
    private let redR: Int32
    private let greenB: Int32
    private let greenR: Int32
    private let blueB: Int32

    public init(_ encoding: Encoding = .bt601, fullRange: Bool = false) {
        self.encoding = encoding
        self.fullRange = fullRange
        let (kr, kb) = encoding.weights
        let kg = 1 - kr - kb
        let scale = fullRange ? 1 : 255.0 / 224
        func fixed(_ x: Double) -> Int32 { Int32((x * 1_048_576).rounded()) }
        y = fixed(fullRange ? 1 : 255.0 / 219)
        black = fullRange ? 0 : 16
        redR = fixed(2 * (1 - kr) * scale)
        blueB = fixed(2 * (1 - kb) * scale)
        greenR = fixed(2 * (1 - kr) * kr / kg * scale)
        greenB = fixed(2 * (1 - kb) * kb / kg * scale)
    }

    /// Red, green and blue of one pixel.
    public func rgb(_ luma: UInt8, _ cb: UInt8, _ cr: UInt8) -> (UInt8, UInt8, UInt8) {
        let (b, r) = (Int32(cb) - 128, Int32(cr) - 128)
        return pixel(luma, redR &* r, greenB &* b &+ greenR &* r, blueB &* b)
    }

    @inline(__always)
    private func pixel(_ luma: UInt8, _ red: Int32, _ green: Int32, _ blue: Int32) -> (UInt8, UInt8, UInt8) {
        // Half a unit more, so that the shift rounds.
        let l = (Int32(luma) &- black) &* y &+ (1 << 19)
        return (Self.clip(l &+ red), Self.clip(l &- green), Self.clip(l &+ blue))
    }

    @inline(__always)
    private static func clip(_ x: Int32) -> UInt8 { UInt8(truncatingIfNeeded: min(max(x >> 20, 0), 255)) }

    /// A row of `width` pixels to red, green, blue: brightness `step` bytes apart, colours for two pixels `pair` apart.
    func convert(
        _ luma: UnsafePointer<UInt8>, _ step: Int, _ cb: UnsafePointer<UInt8>, _ cr: UnsafePointer<UInt8>, _ pair: Int,
        _ to: UnsafeMutablePointer<UInt8>, _ width: Int
    ) {
        var to = to
        for k in 0..<(width + 1) / 2 {
            let (b, r) = (Int32(cb[k * pair]) - 128, Int32(cr[k * pair]) - 128)
            let (red, green, blue) = (redR &* r, greenB &* b &+ greenR &* r, blueB &* b)
            (to[0], to[1], to[2]) = pixel(luma[2 * k * step], red, green, blue)
            guard 2 * k + 1 < width else { return }
            (to[3], to[4], to[5]) = pixel(luma[(2 * k + 1) * step], red, green, blue)
            to += 6
        }
    }

    /// A row of `width` grey pixels.
    func convert(_ luma: UnsafePointer<UInt8>, _ to: UnsafeMutablePointer<UInt8>, _ width: Int) {
        for k in 0..<width {
            let grey = pixel(luma[k], 0, 0, 0).0
            (to[3 * k], to[3 * k + 1], to[3 * k + 2]) = (grey, grey, grey)
        }
    }
}
