/// How windows slide over an image: the attributes that convolution and pooling share.
/// One-dimensional attributes speak of the width.
public struct Window: Sendable {
    enum AutoPad: Sendable { case explicit, sameUpper, sameLower, valid }

    public static let attributes = ["kernel_shape", "strides", "dilations", "pads", "auto_pad"]

    /// Number of spatial axes that the attributes speak of; nil if all are left out.
    let axes: Int?
    /// Size from `kernel_shape`; 0 where it is left out.
    public let kh: Int
    public let kw: Int
    public let sh: Int
    public let sw: Int
    public let dh: Int
    public let dw: Int
    let top: Int
    let left: Int
    let bottom: Int
    let right: Int
    let autoPad: AutoPad
    let ceil: Bool
    /// Beyond this a size is an attack, and products of two stay inside a 32-bit Int.
    private static let limit = 1 << 15

    /// `ceil`: the pooling attribute `ceil_mode`.
    public init(_ attributes: Attributes, ceil: Bool = false) throws(KingletError) {
        var axes: Int?
        func read(_ name: String, _ fallback: Int, from low: Int, sides: Int) throws(KingletError) -> [Int] {
            guard let list = try attributes.ints(name) else { return [fallback, fallback, fallback, fallback] }
            try require(
                list.count == sides || list.count == 2 * sides, .unsupported,
                "\(name) \(shapeText(list)): only images and sequences, with 2 or 1 spatial axes, are supported")
            for v in list {
                try require(
                    v >= low && v <= Window.limit, .unsupported,
                    "\(name) \(shapeText(list)): each must be \(low) to \(Window.limit)")
            }
            let count = list.count / sides
            try require(
                axes == nil || axes == count, .badFile, "\(name) \(shapeText(list)) has another length than others")
            axes = count
            if count == 2 { return list }
            return sides == 2
                ? [fallback, list[0], fallback, list[1]] : [name == "kernel_shape" ? 1 : fallback, list[0]]
        }
        let kernel = try read("kernel_shape", 0, from: 1, sides: 1)
        let strides = try read("strides", 1, from: 1, sides: 1)
        let dilations = try read("dilations", 1, from: 1, sides: 1)
        let pads = try read("pads", 0, from: 0, sides: 2)
        self.axes = axes
        (kh, kw) = (kernel[0], kernel[1])
        (sh, sw) = (strides[0], strides[1])
        (dh, dw) = (dilations[0], dilations[1])
        (top, left, bottom, right) = (pads[0], pads[1], pads[2], pads[3])
        let padding = try attributes.string("auto_pad", "NOTSET")
        switch padding {
        case "NOTSET", "": autoPad = .explicit
        case "SAME_UPPER": autoPad = .sameUpper
        case "SAME_LOWER": autoPad = .sameLower
        case "VALID": autoPad = .valid
        default: throw KingletError(.badFile, "auto_pad '\(padding)' is not NOTSET, SAME_UPPER, SAME_LOWER or VALID")
        }
        self.ceil = ceil
    }

    /// The same windows on an image without the border of zeros that it had before; nil if that cannot be.
    func absorbing(top: Int, left: Int, bottom: Int, right: Int) -> Window? {
        let valid = autoPad == .valid
        guard valid || autoPad == .explicit, min(top, left, bottom, right) >= 0,
            max(top, left, bottom, right) <= Window.limit
        else { return nil }
        return Window(
            self, top: top + (valid ? 0 : self.top), left: left + (valid ? 0 : self.left),
            bottom: bottom + (valid ? 0 : self.bottom), right: right + (valid ? 0 : self.right))
    }

    private init(_ other: Window, top: Int, left: Int, bottom: Int, right: Int) {
        (axes, kh, kw, sh, sw) = (other.axes, other.kh, other.kw, other.sh, other.sw)
        (dh, dw, ceil, autoPad) = (other.dh, other.dw, other.ceil, .explicit)
        (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
    }

    /// First pad, last pad and number of windows along one axis of `size`; a number below 1 where none fits.
    func slide(_ size: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ first: Int, _ last: Int)
        -> (first: Int, last: Int, count: Int)
    {
        let reach = (kernel - 1) * dilation + 1
        switch autoPad {
        case .explicit:
            let room = size + first + last - reach
            if room < 0 { return (first, last, 0) }
            var count = (ceil ? room + stride - 1 : room) / stride + 1
            // A window that would begin in the padding after the image sees nothing of it.
            if ceil && (count - 1) * stride >= size + first { count -= 1 }
            return (first, last, count)
        case .valid:
            let room = size - reach
            return (0, 0, room < 0 ? 0 : room / stride + 1)
        case .sameUpper, .sameLower:
            let count = (size + stride - 1) / stride
            let total = max((count - 1) * stride + reach - size, 0)
            let less = total / 2
            return autoPad == .sameUpper ? (less, total - less, count) : (total - less, less, count)
        }
    }
}
