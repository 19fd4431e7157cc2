import Engine

/// How a picture becomes a model's input: cut, resized to `size`, then x = (pixel − mean) / std, pixels 0 … 255.
///
/// An int8 or uint8 input takes the pixels as they are (int8: pixel − 128).
public struct Preprocess: Sendable, Equatable {
    public enum Resize: String, Sendable {
        /// The whole picture, its aspect not kept.
        case stretch
        /// The central part: `fraction` of the largest rectangle of the input's aspect, in whole pixels.
        case crop
        /// The whole picture, its aspect kept, with `fill` around it.
        case letterbox
    }

    public enum Color: String, Sendable {
        case rgb
        case bgr
        /// Luma of ITU-R BT.601, as Pillow computes it.
        case grey
    }

    /// Of the input; nil leaves it to the model's shape.
    public var size: Size?
    public var resize: Resize = .crop
    public var fraction: Double = 1
    /// Red, green, blue around a letterboxed picture.
    public var fill: (UInt8, UInt8, UInt8) = (0, 0, 0)
    /// One, or one for each channel in the order in which the model takes them.
    public var mean: [Float] = [0]
    public var std: [Float] = [1]
    public var color: Color = .rgb
    /// A JPEG is decoded at the smallest of its scales that is not below what is needed. Off, at its full size, as other
    /// programs do: slower, and what a model that must tell fine detail may have been measured with.
    public var scaledDecoding = true

    public init() {}

    public static func == (a: Preprocess, b: Preprocess) -> Bool {
        a.size == b.size && a.resize == b.resize && a.fraction == b.fraction && a.fill == b.fill && a.mean == b.mean
            && a.std == b.std && a.color == b.color && a.scaledDecoding == b.scaledDecoding
    }

    /// Checks that pictures prepared like this fit `layout`.
    public func check(_ layout: Layout) throws(KingletError) {
        if let size {
            try require(
                size == layout.size, .shape, "pictures of \(size.text) do not fit an input of \(layout.size.text)")
        }
        let channels = color == .grey ? 1 : 3
        try require(
            layout.channels == channels, .shape,
            "\(color.rawValue) pictures have \(channels) channels, the input has \(layout.channels)")
        for (list, name) in [(mean, "mean"), (std, "std")] {
            try require(
                list.count == 1 || list.count == channels, .usage,
                "\(name) has \(list.count) numbers for \(channels) channels")
        }
        try require(std.allSatisfy { $0 != 0 && $0.isFinite }, .usage, "std must be finite and not 0")
        try require(mean.allSatisfy { $0.isFinite }, .usage, "mean must be finite")
        try require(fraction > 0 && fraction <= 1, .usage, "the crop fraction must be above 0 and at most 1")
    }

    /// Whether a picture of `size` has a pixel for each that an input of `layout` takes from it.
    public func isEnough(_ size: Size, for layout: Layout) -> Bool {
        let place = placement(size, in: layout.size)
        return place.box.width >= Double(place.inner.width) && place.box.height >= Double(place.inner.height)
    }

    /// Which part of a picture of `shown` size goes where in an input of `size`.
    func placement(_ shown: Size, in size: Size) -> (box: Box, inner: Size, x: Int, y: Int) {
        let (width, height) = (Double(shown.width), Double(shown.height))
        let (across, down) = (Double(size.width), Double(size.height))
        switch resize {
        case .stretch:
            return (Box(shown), size, 0, 0)
        case .crop:
            let unit = min(width / across, height / down) * fraction
            let cut = Size(
                max(Int((across * unit).rounded(.toNearestOrEven)), 1),
                max(Int((down * unit).rounded(.toNearestOrEven)), 1))
            let x = (shown.width - cut.width) / 2
            let y = (shown.height - cut.height) / 2
            return (Box(x: Double(x), y: Double(y), width: Double(cut.width), height: Double(cut.height)), size, 0, 0)
        case .letterbox:
            let unit = min(across / width, down / height)
            let inner = Size(
                min(max(Int((width * unit).rounded(.toNearestOrEven)), 1), size.width),
                min(max(Int((height * unit).rounded(.toNearestOrEven)), 1), size.height))
            return (Box(shown), inner, (size.width - inner.width) / 2, (size.height - inner.height) / 2)
        }
    }
}
