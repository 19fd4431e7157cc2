import Engine
import Vision

extension Door {
    /// Every way in which Kinglet looks at a JPEG: whole, scaled, cropped into an input, as a stream of frames.
    static let jpeg = Door(name: "jpeg", milliseconds: 3000) { bytes in
        var limits = JPEG.Limits()
        limits.pixels = 1 << 22
        limits.bytes = 64 << 20
        limits.milliseconds = 300
        for frame in JPEG.frames(bytes) { assert(frame.upperBound <= bytes.count) }
        let whole = try? JPEG.decode(bytes, limits: limits)
        _ = try? JPEG.decode(bytes, wanting: Size(64, 48), limits: limits)
        for (resize, side) in [(Preprocess.Resize.crop, 32), (.letterbox, 100), (.stretch, 8)] {
            var preprocess = Preprocess()
            preprocess.resize = resize
            preprocess.fraction = 0.875
            fill(bytes, preprocess, side, limits)
        }
        return whole != nil
    }

    private static func fill(
        _ bytes: UnsafeRawBufferPointer, _ preprocess: Preprocess, _ side: Int, _ limits: JPEG.Limits
    ) {
        let type = TensorType(.f32, [1, side, side, 3])
        guard let tensor = try? Tensor(zeros: type), let layout = try? Layout(type, .channelsLast(4)),
            let picture = try? preprocess.decode(bytes, for: layout, limits: limits)
        else { return }
        try? preprocess.write(picture, to: TensorView(type, tensor.base), layout)
    }
}
