import Engine
import Vision

/// Attacked images side by side: the original, the perturbation ten times as strong around grey, the result; and the same
/// for a second model.
struct Sheet {
    /// One image with what a model says before and after.
    struct Attacked {
        /// Bytes [height, width, channels].
        let original: [UInt8]
        let adversarial: [UInt8]
        /// Under each of the three tiles.
        let captions: [String]
    }

    let size: Size
    let channels: Int
    /// Of the models, above their columns; none where there is one model.
    let names: [String]
    /// Sheet pixels per image pixel: tiles of small images are easier to see enlarged.
    private let zoom: Int
    private let gap = 8

    init(_ size: Size, channels: Int, names: [String] = []) {
        (self.size, self.channels, self.names) = (size, channels, names)
        zoom = max(1, 128 / max(size.width, size.height))
    }

    private var tile: Size { Size(max(size.width * zoom, 96), size.height * zoom) }

    /// A row for each image, which has an entry for each model.
    func draw(_ rows: [[Attacked]]) throws(KingletError) -> Image {
        let (across, down) = (tile.width + gap, tile.height + Glyphs.height + 2 + gap)
        let top = gap + (names.isEmpty ? 0 : Glyphs.height + gap)
        let models = rows.map { $0.count }.max() ?? 1
        let image = try Image(Size(3 * models * across + gap, top + rows.count * down))
        for i in 0..<image.size.count * 3 { image.u8[i] = 255 }
        for (m, name) in names.enumerated() { write(name, on: image, gap + 3 * m * across, gap, width: 3 * across - gap) }
        for (r, row) in rows.enumerated() {
            let y = top + r * down
            for (m, attacked) in row.enumerated() {
                let difference = zip(attacked.original, attacked.adversarial).map { a, b in
                    UInt8(min(max(128 + 10 * (Int(b) - Int(a)), 0), 255))
                }
                for (i, pixels) in [attacked.original, difference, attacked.adversarial].enumerated() {
                    let x = gap + (3 * m + i) * across
                    paint(pixels, on: image, x, y)
                    write(attacked.captions[i], on: image, x, y + tile.height + 2, width: tile.width)
                }
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

    /// As much of the text as fits.
    private func write(_ text: String, on image: Image, _ left: Int, _ top: Int, width: Int) {
        for (i, scalar) in text.unicodeScalars.prefix(width / Glyphs.width).enumerated() {
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
