import Engine

extension Preprocess {
    /// Keys under which a model's ONNX metadata keeps what its input needs.
    public enum Key {
        /// One number, or one for each channel, with commas.
        public static let mean = "kinglet.mean"
        public static let std = "kinglet.std"
        /// WIDTHxHEIGHT
        public static let size = "kinglet.size"
        /// stretch, crop or letterbox
        public static let resize = "kinglet.resize"
        /// The fraction kept by `crop`.
        public static let crop = "kinglet.crop"
        /// scaled or full
        public static let decode = "kinglet.decode"
        /// rgb, bgr or grey
        public static let color = "kinglet.color"
        /// Red, green, blue around a letterboxed picture, 0 … 255, with commas.
        public static let fill = "kinglet.fill"
        /// Names of the classes, one a line.
        public static let labels = "kinglet.labels"
        /// The model card.
        public static let card = "kinglet.card"
    }

    /// From a model's metadata, defaults where it is silent.
    public init(metadata: (String) -> String?) throws(KingletError) {
        self.init()
        for key in [Key.size, Key.resize, Key.crop, Key.decode, Key.mean, Key.std, Key.color, Key.fill] {
            guard let value = metadata(key) else { continue }
            try set(key, value)
        }
    }

    /// Sets what `key` names from text, as it stands in metadata or on a command line.
    public mutating func set(_ key: String, _ value: String) throws(KingletError) {
        func wrong(_ wanted: String) -> KingletError { KingletError(.usage, "\(key) is \(wanted), not '\(value)'") }
        switch key {
        case Key.mean, Key.std:
            guard let list = Text.numbers(value), list.count == 1 || list.count == 3 else {
                throw wrong("one number or three with commas")
            }
            if key == Key.mean { mean = list.map { Float($0) } } else { std = list.map { Float($0) } }
            if key == Key.std, std.contains(0) { throw wrong("above 0") }
        case Key.size:
            let sides = Text.split(value, at: UInt8(ascii: "x")).map { Text.number($0) ?? 0 }
            guard sides.count <= 2, let width = sides.first, let height = sides.last,
                width >= 1, height >= 1, width <= 65536, height <= 65536,
                width == width.rounded(), height == height.rounded()
            else { throw wrong("WIDTHxHEIGHT") }
            size = Size(Int(width), Int(height))
        case Key.resize:
            guard let mode = Resize(rawValue: value) else { throw wrong("stretch, crop or letterbox") }
            resize = mode
        case Key.crop:
            guard let number = Text.number(value), number > 0, number <= 1 else { throw wrong("above 0 and at most 1") }
            fraction = number
        case Key.decode:
            guard value == "scaled" || value == "full" else { throw wrong("scaled or full") }
            scaledDecoding = value == "scaled"
        case Key.color:
            guard let kind = Color(rawValue: value == "gray" ? "grey" : value) else { throw wrong("rgb, bgr or grey") }
            color = kind
        case Key.fill:
            guard let list = Text.numbers(value), list.count == 1 || list.count == 3,
                list.allSatisfy({ $0 >= 0 && $0 <= 255 })
            else { throw wrong("one level or three with commas, 0 to 255") }
            let levels = list.map { UInt8($0) }
            fill = levels.count == 3 ? (levels[0], levels[1], levels[2]) : (levels[0], levels[0], levels[0])
        default:
            throw KingletError(.usage, "'\(key)' says nothing about pictures")
        }
    }

    /// What `init(metadata:)` reads back.
    public var metadata: [(key: String, value: String)] {
        var list: [(key: String, value: String)] = []
        func add(_ key: String, _ value: String) { list.append((key: key, value: value)) }
        if let size { add(Key.size, size.text) }
        add(Key.resize, resize.rawValue)
        if resize == .crop { add(Key.crop, Text.list([Float(fraction)])) }
        if !scaledDecoding { add(Key.decode, "full") }
        if resize == .letterbox { add(Key.fill, "\(fill.0),\(fill.1),\(fill.2)") }
        add(Key.mean, Text.list(mean))
        add(Key.std, Text.list(std))
        add(Key.color, color.rawValue)
        return list
    }
}
