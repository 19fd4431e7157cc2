import Engine
import Vision

/// Attacked images side by side: the original, the perturbation ten times as strong around grey, the result.
struct Sheet {
    /// One image with what the model says before and after.
    struct Row {
        /// Bytes [height, width, channels].
        let original: [UInt8]
        let adversarial: [UInt8]
        /// Under each of the three tiles.
        let captions: [String]
    }

    let size: Size
    let channels: Int
    /// Sheet pixels per image pixel: tiles of small images are easier to see enlarged.
    private let zoom: Int
    private let gap = 8

    init(_ size: Size, channels: Int) {
        (self.size, self.channels) = (size, channels)
        zoom = max(1, 128 / max(size.width, size.height))
    }

    private var tile: Size { Size(max(size.width * zoom, 96), size.height * zoom) }

    func draw(_ rows: [Row]) throws(KingletError) -> Image {
        let step = tile.height + Glyphs.height + 2 + gap
        let image = try Image(Size(3 * (tile.width + gap) + gap, rows.count * step + gap))
        for i in 0..<image.size.count * 3 { image.u8[i] = 255 }
        for (r, row) in rows.enumerated() {
            let y = gap + r * step
            let difference = zip(row.original, row.adversarial).map { a, b in
                UInt8(min(max(128 + 10 * (Int(b) - Int(a)), 0), 255))
            }
            for (i, pixels) in [row.original, difference, row.adversarial].enumerated() {
                let x = gap + i * (tile.width + gap)
                paint(pixels, on: image, x, y)
                write(row.captions[i], on: image, x, y + tile.height + 2)
            }
        }
        return image
    }

    private func paint(_ pixels: [UInt8], on image: Image, _ left: Int, _ top: Int) {
        for y in 0..<size.height * zoom {
            for x in 0..<size.width * zoom {
                let from = ((y / zoom) * size.width + x / zoom) * channels
                let to = image.u8 + 3 * ((top + y) * image.width + left + x)
                for c in 0..<3 { to[c] = pixels[from + (channels == 3 ? c : 0)] }
            }
        }
    }

    /// As much of the text as fits under a tile.
    private func write(_ text: String, on image: Image, _ left: Int, _ top: Int) {
        for (i, scalar) in text.unicodeScalars.prefix(tile.width / Glyphs.width).enumerated() {
            let sign = UInt8(exactly: scalar.value) ?? UInt8(ascii: "?")
            for y in 0..<Glyphs.height {
                for x in 0..<Glyphs.width where Glyphs.isSet(sign, x, y) {
                    let to = image.u8 + 3 * ((top + y) * image.width + left + i * Glyphs.width + x)
                    for c in 0..<3 { to[c] = 0 }
                }
            }
        }
    }
}
