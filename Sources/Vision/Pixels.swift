import Engine

extension Preprocess {
    /// Writes the pixels of `picture`, cut and resized for an input of `layout`, as bytes [height, width, channels]: red,
    /// green, blue whatever the model's order, or grey.
    public func pixels(
        _ picture: Picture, for layout: Layout, to bytes: UnsafeMutablePointer<UInt8>
    ) throws(KingletError) {
        var plain = self
        if plain.color == .bgr { plain.color = .rgb }
        let (size, channels) = (layout.size, layout.channels)
        let view = TensorView(TensorType(.u8, [1, size.height, size.width, channels]), UnsafeMutableRawPointer(bytes))
        try plain.write(picture, to: view, Layout(pixels: 1, size, channels))
    }
}
