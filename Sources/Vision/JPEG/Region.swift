import CJPEG

/// Eighths at which libjpeg decodes; it has fast transforms for these.
enum Scale: Int, CaseIterable {
    case eighth = 1
    case quarter = 2
    case half = 4
    case full = 8

    /// The smallest at which `box` of a picture has no fewer pixels than `wanted`.
    init(_ box: Box, to wanted: Size) {
        let fits = Scale.allCases.first { scale in
            box.width * scale.fraction >= Double(wanted.width) && box.height * scale.fraction >= Double(wanted.height)
        }
        self = fits ?? .full
    }

    var fraction: Double { Double(rawValue) / 8 }
}

/// The pixels of a scaled picture that hold some box of it.
struct Region {
    let scale: Scale
    let x: Int
    let y: Int
    let size: Size
    /// The box in pixels of this region.
    let box: Box

    init(_ box: Box, at scale: Scale, in picture: Size) {
        let f = scale.fraction
        func bounds(_ from: Double, _ to: Double, _ count: Int) -> Range<Int> {
            let limit = (count * scale.rawValue + 7) / 8
            let first = min(max(Int((from * f).rounded(.down)), 0), limit - 1)
            return first..<min(max(Int((to * f).rounded(.up)), first + 1), limit)
        }
        let columns = bounds(box.x, box.right, picture.width)
        let rows = bounds(box.y, box.bottom, picture.height)
        self.scale = scale
        x = columns.lowerBound
        y = rows.lowerBound
        size = Size(columns.count, rows.count)
        self.box = Box(
            x: box.x * f - Double(x), y: box.y * f - Double(y), width: box.width * f, height: box.height * f)
    }

    var area: kj_region {
        kj_region(
            scale: Int32(scale.rawValue), x: Int32(x), y: Int32(y), width: Int32(size.width), height: Int32(size.height)
        )
    }
}
