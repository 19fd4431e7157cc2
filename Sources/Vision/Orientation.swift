/// How a stored picture is to be turned before it is shown; raw values are those of EXIF tag 0x0112.
public enum Orientation: Int, Sendable {
    case upright = 1
    case mirrored = 2
    case rotated180 = 3
    case flipped = 4
    case transposed = 5
    case rotated90 = 6
    case transversed = 7
    case rotated270 = 8

    /// Rows of the stored picture are shown as columns.
    var swaps: Bool { rawValue >= 5 }
    /// Shown coordinates run against the stored x or y.
    private var reversesX: Bool {
        self == .mirrored || self == .rotated180 || self == .transversed || self == .rotated270
    }
    private var reversesY: Bool {
        self == .flipped || self == .rotated180 || self == .transversed || self == .rotated90
    }

    /// Size as shown of a picture stored with `size`, and the other way round.
    public func shown(_ size: Size) -> Size { swaps ? size.swapped : size }

    /// Where in a stored picture of `stored` size the shown rectangle `box` lies.
    func stored(_ box: Box, in stored: Size) -> Box {
        var b = swaps ? Box(x: box.y, y: box.x, width: box.height, height: box.width) : box
        if reversesX { b.x = Double(stored.width) - b.right }
        if reversesY { b.y = Double(stored.height) - b.bottom }
        return b
    }

    /// Steps between pixels of a stored picture for one pixel right and one down as shown, from the top left as shown.
    func walk(_ stored: Size) -> (start: Int, right: Int, down: Int) {
        let along = reversesX ? -1 : 1
        let across = reversesY ? -stored.width : stored.width
        let start = (reversesX ? stored.width - 1 : 0) + (reversesY ? (stored.height - 1) * stored.width : 0)
        return swaps ? (start, across, along) : (start, along, across)
    }
}
