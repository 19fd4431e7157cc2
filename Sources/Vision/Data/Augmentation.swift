import Engine

/// Random changes to the pictures that are trained on.
public struct Augmentation: Sendable, Equatable {
    /// Pictures are moved by up to this part of their height and width, black coming in at the edge: 1/8 is the usual
    /// random crop of a picture padded by 4 of 32 pixels.
    public var crop: Float = 0
    /// Half of the pictures are mirrored.
    public var flip = false
    /// Up to this part of 255 is added or taken away.
    public var brightness: Float = 0
    /// Differences from the picture's mean are multiplied by 1 ± up to this.
    public var contrast: Float = 0
    /// This part of the pictures is stored as JPEG and read back, with a quality drawn from `quality`.
    public var jpeg: Float = 0
    public var quality = 50...95

    public init() {}

    /// What is done where nobody says anything else.
    public static var usual: Augmentation {
        var a = Augmentation()
        (a.crop, a.flip) = (0.125, true)
        return a
    }

    public static var kinds: String {
        "none, or with commas: crop[:0.125], flip, brightness:B, contrast:C, jpeg:P[:50-95]"
    }

    /// From `text`, such as crop,flip,jpeg:0.5:30-90.
    public init(_ text: String) throws(KingletError) {
        self.init()
        if text == "none" { return }
        for item in Text.split(text, at: UInt8(ascii: ",")) {
            let parts = Text.split(item, at: UInt8(ascii: ":"))
            let wrong = KingletError(.usage, "augmentation '\(item)' is not known: give \(Augmentation.kinds)")
            try require(parts.count <= (parts[0] == "jpeg" ? 3 : parts[0] == "flip" ? 1 : 2), .usage, wrong.message)
            func strength(_ usual: Double?, most: Double) throws(KingletError) -> Float {
                guard let value = parts.count > 1 ? Text.number(parts[1]) : usual else { throw wrong }
                guard value >= 0, value <= most else {
                    throw KingletError(
                        .usage, "augmentation '\(item)' is out of range: 0 to \(Text.decimal(Float(most)))")
                }
                return Float(value)
            }
            switch parts[0] {
            case "crop": crop = try strength(0.125, most: 0.5)
            case "flip": flip = true
            case "brightness": brightness = try strength(nil, most: 1)
            case "contrast": contrast = try strength(nil, most: 1)
            case "jpeg":
                jpeg = try strength(0.5, most: 1)
                if parts.count == 3 { quality = try Augmentation.range(parts[2], wrong) }
            default: throw wrong
            }
        }
    }

    private static func range(_ text: String, _ wrong: KingletError) throws(KingletError) -> ClosedRange<Int> {
        let ends = Text.split(text, at: UInt8(ascii: "-")).map { Text.number($0) ?? 0 }
        guard ends.count <= 2, let low = ends.first, let high = ends.last, low >= 1, low <= high, high <= 100,
            low == low.rounded(), high == high.rounded()
        else { throw wrong }
        return Int(low)...Int(high)
    }

    /// What `init` reads back.
    public var text: String {
        var items: [String] = []
        if crop > 0 { items.append("crop:" + Text.decimal(crop)) }
        if flip { items.append("flip") }
        if brightness > 0 { items.append("brightness:" + Text.decimal(brightness)) }
        if contrast > 0 { items.append("contrast:" + Text.decimal(contrast)) }
        if jpeg > 0 { items.append("jpeg:\(Text.decimal(jpeg)):\(quality.lowerBound)-\(quality.upperBound)") }
        return items.isEmpty ? "none" : items.joined(separator: ",")
    }

    /// The numbers by which picture `index` is changed in `epoch`; they depend on nothing else.
    public static func random(seed: UInt64, epoch: Int, index: Int, of count: Int) -> Random {
        Random(seed: seed ^ 0x4155_474D_454E_5400, stream: UInt64(epoch) &* UInt64(count) &+ UInt64(index))
    }
}
