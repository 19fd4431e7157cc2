/// Output pixel `index` of a pooling and the part of its window that lies on the image.
struct Taps {
    let n: Int
    let oy: Int
    let ox: Int
    /// Window rows and columns on the image.
    let rows: Range<Int>
    let columns: Range<Int>

    init(_ g: ConvGeometry, _ index: Int) {
        let line = index / g.ow
        ox = index - line * g.ow
        n = line / g.oh
        oy = line - n * g.oh
        rows = Taps.inside(oy * g.sh - g.top, g.dh, g.kh, g.h)
        columns = Taps.inside(ox * g.sw - g.left, g.dw, g.kw, g.w)
    }

    /// The k < count with 0 <= start + k · step < size.
    static func inside(_ start: Int, _ step: Int, _ count: Int, _ size: Int) -> Range<Int> {
        let first = start < 0 ? (-start + step - 1) / step : 0
        let end = start >= size ? 0 : (size - 1 - start) / step + 1
        let last = min(count, end)
        return min(first, last)..<last
    }
}

/// Window size, strides, pads and types that a pooling's cases cover.
func poolCases(_ dtype: DType = .f32) -> [OpCase] {
    func pool(_ name: String, _ shape: [Int], _ k: Int, _ s: Int, _ more: [String: Attribute] = [:]) -> OpCase {
        let axes = shape.count - 2
        var all = more
        all["kernel_shape"] = .ints([Int](repeating: k, count: axes))
        all["strides"] = .ints([Int](repeating: s, count: axes))
        return OpCase(name + (dtype == .f32 ? "" : " " + dtype.name), [TensorType(dtype, shape)], all)
    }
    return [
        pool("2 × 2", [1, 8, 6, 16], 2, 2),
        pool("3 × 3 padded", [2, 9, 8, 35], 3, 2, ["pads": .ints([1, 1, 1, 1])]),
        pool("ceil", [1, 7, 10, 3], 3, 2, ["ceil_mode": .int(1)]),
        pool("uneven pads", [1, 6, 7, 8], 3, 1, ["pads": .ints([0, 1, 2, 0])]),
        pool("same", [1, 7, 7, 5], 3, 2, ["auto_pad": .string("SAME_UPPER")]),
        pool("dilated", [1, 9, 9, 4], 3, 1, ["dilations": .ints([2, 2]), "pads": .ints([1, 1, 1, 1])]),
        pool("sequence", [2, 11, 6], 4, 3, ["pads": .ints([1, 2])]),
    ]
}
