/// Images [h, w, bytes per pixel] with a border around them, so that no window leaves them.
struct PaddedImages {
    let h: Int
    let w: Int
    /// Bytes of one pixel.
    let pixel: Int
    let top: Int
    let left: Int
    /// Size with the border. It may cut off pixels that no window sees.
    let spanH: Int
    let spanW: Int

    /// `bytes`: of one element.
    init(_ g: ConvGeometry, bytes: Int, spanH: Int? = nil, spanW: Int? = nil) {
        (h, w, pixel) = (g.h, g.w, g.c * bytes)
        (top, left) = (g.top, g.left)
        (self.spanH, self.spanW) = (spanH ?? g.spanH, spanW ?? g.spanW)
    }

    /// Bytes of one line and of one image.
    var line: Int { spanW * pixel }
    var image: Int { spanH * line }

    /// Copies images to `to`, borders filled with bytes of value `fill`: the lines in `lines` of all images' lines.
    func copy(_ x: UnsafeRawPointer, to: UnsafeMutableRawPointer, fill: UInt8, lines: Range<Int>) {
        // A negative border cuts pixels off.
        let (skipped, border) = (max(-left, 0), max(left, 0))
        let inside = min(w - skipped, spanW - border)
        let before = border * pixel
        let after = (spanW - border - inside) * pixel
        for l in lines {
            let (i, oy) = (l / spanH, l % spanH - top)
            var y = to + l * line
            if oy < 0 || oy >= h || inside <= 0 {
                y.initializeMemory(as: UInt8.self, repeating: fill, count: line)
                continue
            }
            y.initializeMemory(as: UInt8.self, repeating: fill, count: before)
            y += before
            y.copyMemory(from: x + ((i * h + oy) * w + skipped) * pixel, byteCount: inside * pixel)
            (y + inside * pixel).initializeMemory(as: UInt8.self, repeating: fill, count: after)
        }
    }
}
