import Engine

/// The part of a picture that a model will see, decoded no larger than needed and not yet turned upright or resized.
public struct Picture: Sendable {
    /// Of the whole picture, as shown.
    public let size: Size
    /// What was wrong with the file, if it could be decoded all the same.
    public let warning: String?
    let pixels: Image
    let orientation: Orientation
    /// What is wanted of `pixels`.
    let box: Box
    /// Size and place in the input, as shown.
    let inner: Size
    let x: Int
    let y: Int
}

extension Preprocess {
    /// Decodes what an input of `layout` needs of a JPEG.
    public func decode(
        _ bytes: UnsafeRawBufferPointer, for layout: Layout, limits: JPEG.Limits = JPEG.Limits()
    ) throws(KingletError) -> Picture {
        try check(layout)
        let info = try JPEG.probe(bytes, limits: limits)
        let place = placement(info.shown, in: layout.size)
        let box = info.orientation.stored(place.box, in: info.size)
        let scale = scaledDecoding ? Scale(box, to: info.orientation.shown(place.inner)) : .full
        let region = Region(box, at: scale, in: info.size)
        let (pixels, warning) = try JPEG.decode(bytes, info, region, limits)
        return Picture(
            size: info.shown, warning: warning, pixels: pixels, orientation: info.orientation, box: region.box,
            inner: place.inner, x: place.x, y: place.y)
    }

    /// The same of pixels that came from elsewhere.
    public func picture(_ image: Image, for layout: Layout) throws(KingletError) -> Picture {
        try check(layout)
        let place = placement(image.size, in: layout.size)
        return Picture(
            size: image.size, warning: nil, pixels: image, orientation: .upright, box: place.box, inner: place.inner,
            x: place.x, y: place.y)
    }

    /// Resizes, turns upright and normalises `picture` into sample `index` of `input`, which is laid out as `layout`.
    public func write(
        _ picture: Picture, to input: TensorView, _ layout: Layout, sample index: Int = 0
    ) throws(KingletError) {
        assert(index >= 0 && index < layout.batch)
        let stored = picture.orientation.shown(picture.inner)
        let image = try Resample.resize(picture.pixels, box: picture.box, to: stored, cut: true)
        let walk = picture.orientation.walk(stored)
        let first = index * layout.sample
        if picture.inner != layout.size { fillAround(input, layout, first) }
        let levels = levels(layout.channels)
        levels.withUnsafeBufferPointer { levels in
            for row in 0..<picture.inner.height {
                let from = image.u8 + 3 * (walk.start + row * walk.down)
                let to = first + (picture.y + row) * layout.row + picture.x * layout.column
                writeRow(from, 3 * walk.right, picture.inner.width, input, to, layout, levels)
            }
        }
    }

    /// The value of each of 256 levels, for each channel.
    private func levels(_ channels: Int) -> [Float] {
        var values: [Float] = []
        for c in 0..<channels {
            let (m, s) = (mean.count == 1 ? mean[0] : mean[c], std.count == 1 ? std[0] : std[c])
            for level in 0..<256 { values.append((Float(level) - m) / s) }
        }
        return values
    }

    /// One row of pixels, `step` bytes apart, to elements of `input` from `to` on.
    private func writeRow(
        _ x: UnsafePointer<UInt8>, _ step: Int, _ width: Int, _ input: TensorView, _ to: Int, _ layout: Layout,
        _ levels: UnsafeBufferPointer<Float>
    ) {
        guard let levels = levels.baseAddress else { return }
        let flip: UInt8 = layout.dtype == .i8 ? 0x80 : 0
        for c in 0..<layout.channels {
            let (table, to) = (levels + 256 * c, to + c * layout.channel)
            func write(_ level: (UnsafePointer<UInt8>) -> UInt8) {
                var from = x
                if layout.dtype == .f32 {
                    var y = input.f32 + to
                    for _ in 0..<width {
                        y.pointee = table[Int(level(from))]
                        y += layout.column
                        from += step
                    }
                } else {
                    var y = input.u8 + to
                    for _ in 0..<width {
                        y.pointee = level(from) ^ flip
                        y += layout.column
                        from += step
                    }
                }
            }
            switch color {
            case .rgb: write { $0[c] }
            case .bgr: write { $0[2 - c] }
            case .grey: write { luma($0) }
            }
        }
    }

    private func luma(_ x: UnsafePointer<UInt8>) -> UInt8 {
        let (r, g, b) = (UInt32(x[0]), UInt32(x[1]), UInt32(x[2]))
        let sum: UInt32 = 19595 * r + 38470 * g + 7471 * b + 0x8000
        return UInt8(truncatingIfNeeded: sum >> 16)
    }

    private func fillAround(_ input: TensorView, _ layout: Layout, _ first: Int) {
        let pixel = [fill.0, fill.1, fill.2]
        let levels = levels(layout.channels)
        pixel.withUnsafeBufferPointer { pixel in
            levels.withUnsafeBufferPointer { levels in
                guard let x = pixel.baseAddress else { return }
                for row in 0..<layout.size.height {
                    writeRow(x, 0, layout.size.width, input, first + row * layout.row, layout, levels)
                }
            }
        }
    }
}
