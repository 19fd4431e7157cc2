/// A convolution as tiles of a matrix product whose left rows are windows of the images, read in place; where windows
/// leave the image, of padded copies of a few images at a time.
struct ConvTiles {
    let g: ConvGeometry
    let groups: Int
    let low: Float
    let high: Float
    let addsResidual: Bool
    let target: Target
    /// Of one group.
    let panels: Panels
    let run: Int
    let segments: Int
    let padded: PaddedImages?
    /// Images in one go.
    let chunk: Int

    init(_ conv: Conv, _ x: TensorType, _ w: TensorType, _ target: Target) {
        g = conv.geometry(x, w)
        (groups, low, high, addsResidual) = (conv.groups, conv.low, conv.high, conv.addsResidual)
        self.target = target
        let channels = g.c / groups
        panels = Panels(k: g.kh * g.kw * channels, n: w.shape[0] / groups, nr: target.kernels.f32Tile.nr)
        // A line of a window lies in one piece if it holds all channels of neighbouring pixels.
        let whole = groups == 1 && (g.dw == 1 || g.kw == 1)
        run = whole ? g.kw * channels : channels
        segments = whole ? g.kh : g.kh * g.kw
        let images = PaddedImages(g, bytes: 4)
        padded = g.isInside ? nil : images
        // Padded images should still be in the cache when they are multiplied.
        chunk = g.isInside ? g.n : max(1, min(g.n, (256 << 10) / max(images.image, 1)))
    }

    var packedBytes: Int { groups * panels.bytes }

    /// The padded images, then what each worker needs.
    private var paddedBytes: Int { padded.map { (chunk * $0.image + 127) & ~63 } ?? 0 }
    var scratchBytes: Int { paddedBytes + target.workers * Product.scratchBytes(segments: segments) }

    func pack(_ frame: Frame) {
        let (w, bias) = (frame.x[1].f32, frame.x.count > 2 ? frame.x[2].f32 : nil)
        let packed = frame.packed.assumingMemoryBound(to: Float.self)
        for i in 0..<groups {
            let to = packed + i * panels.floats
            panels.pack(w + i * panels.n * panels.k, rowStep: 1, columnStep: panels.k, to: to)
            panels.packBias(bias.map { $0 + i * panels.n }, to: to)
        }
    }

    func forward(_ frame: Frame, _ worker: Worker) {
        var image = 0
        while image < g.n {
            let count = min(chunk, g.n - image)
            let x = frame.x[0].base + image * g.h * g.w * g.c * 4
            if let padded {
                if image > 0 { worker.barrier() }
                let lines = worker.share(of: count * padded.spanH)
                padded.copy(x, to: frame.scratch, fill: 0, lines: lines)
                worker.barrier()
            }
            multiply(frame, worker, padded == nil ? x : UnsafeMutableRawPointer(frame.scratch), image, count)
            image += count
        }
    }

    /// `images` images at `x`, to the output from image `first` on.
    private func multiply(_ frame: Frame, _ worker: Worker, _ x: UnsafeRawPointer, _ first: Int, _ images: Int) {
        let (pixel, outputs) = (g.c * 4, groups * panels.n)
        let line = padded?.line ?? g.w * pixel
        let start = first * g.oh * g.ow * outputs
        let packed = frame.packed.assumingMemoryBound(to: Float.self)
        for i in 0..<groups {
            let rows = RowWalk(
                x + i * (g.c / groups) * 4, columns: g.ow, lines: g.oh, step: g.sw * pixel, lineStep: g.sh * line,
                imageStep: padded?.image ?? g.h * line)
            let product = Product(
                kernels: target.kernels, rows: rows, m: images * g.oh * g.ow, panels: panels, run: run,
                segments: segments, packed: packed + i * panels.floats, y: frame.y[0].f32 + start + i * panels.n,
                yStride: outputs, addend: addsResidual ? UnsafePointer(frame.x[3].f32) + start + i * panels.n : nil,
                low: low, high: high)
            let taps = segments == g.kh ? 1 : g.kw
            product.compute(worker, scratch: frame.scratch + paddedBytes) { s in
                (s / taps * g.dh * line + s % taps * g.dw * pixel) / 4
            }
        }
    }
}
