import Engine

/// Width and height in pixels.
public struct Size: Sendable, Equatable {
    public var width: Int
    public var height: Int

    public init(_ width: Int, _ height: Int) {
        self.width = width
        self.height = height
    }

    public var count: Int { width * height }
    public var swapped: Size { Size(height, width) }
    public var text: String { "\(width)x\(height)" }
}

/// A rectangle in pixels; pixel (x, y) covers [x, x+1) × [y, y+1).
public struct Box: Sendable, Equatable {
    public var x: Double
    public var y: Double
    public var width: Double
    public var height: Double

    public init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// The whole of a picture.
    public init(_ size: Size) { self.init(x: 0, y: 0, width: Double(size.width), height: Double(size.height)) }

    var right: Double { x + width }
    var bottom: Double { y + height }
}

/// Pixels [height, width, 3], 8-bit red, green, blue.
public struct Image: Sendable {
    public let size: Size
    public let pixels: Storage

    public init(_ size: Size) throws(KingletError) {
        let bytes = try checkedCount([size.width, size.height, 3])
        self.size = size
        pixels = try Storage(bytes: bytes)
    }

    public var width: Int { size.width }
    public var height: Int { size.height }
    public var u8: UnsafeMutablePointer<UInt8> { pixels.base.assumingMemoryBound(to: UInt8.self) }

    /// The picture as `orientation` shows it.
    public func oriented(_ orientation: Orientation) throws(KingletError) -> Image {
        if orientation == .upright { return self }
        let y = try Image(orientation.shown(size))
        let walk = orientation.walk(size)
        for row in 0..<y.height {
            var from = u8 + 3 * (walk.start + row * walk.down)
            var to = y.u8 + 3 * row * y.width
            for _ in 0..<y.width {
                to[0] = from[0]
                to[1] = from[1]
                to[2] = from[2]
                to += 3
                from += 3 * walk.right
            }
        }
        return y
    }
}
