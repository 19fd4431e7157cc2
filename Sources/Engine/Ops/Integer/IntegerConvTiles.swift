/// An integer convolution as tiles of a matrix product whose left rows are windows of the images, read in place; where
/// windows leave the image, of copies padded with the zero point, a few images at a time.
struct IntegerConvTiles {
    let conv: IntegerConv
    let g: ConvGeometry
    let target: Target
    /// Of one group.
    let panels: IntegerPanels
    let padded: PaddedImages?
    /// Images in one go.
    let chunk: Int
    /// A line of a window lies in one piece: it holds all channels of neighbouring pixels.
    let whole: Bool

    init(_ conv: IntegerConv, _ x: TensorType, _ w: TensorType, _ target: Target) {
        self.conv = conv
        self.target = target
        g = conv.geometry(x, w)
        let channels = g.c / conv.groups
        whole = conv.groups == 1 && (g.dw == 1 || g.kw == 1)
        panels = IntegerPanels(
            segments: whole ? g.kh : g.kh * g.kw, run: whole ? g.kw * channels : channels, n: w.shape[0] / conv.groups,
            parts: conv.weights.parts, target.kernels)
        let images = PaddedImages(g, bytes: 1)
        padded = g.isInside ? nil : images
        // Padded images should still be in the cache when they are multiplied.
        chunk = g.isInside ? g.n : max(1, min(g.n, (256 << 10) / max(images.image, 1)))
    }

    /// One group's panels, so that the next group's are aligned too.
    private var groupBytes: Int { (panels.bytes + 63) & ~63 }
    var packedBytes: Int { conv.groups * groupBytes }

    /// The padded images, then what each worker needs.
    private var paddedBytes: Int { padded.map { (chunk * $0.image + 127) & ~63 } ?? 0 }
    var scratchBytes: Int { paddedBytes + target.workers * IntegerProduct.scratchBytes(panels) }

    func pack(_ frame: Frame) {
        let bias = frame.x.count > 2 ? UnsafePointer(frame.x[2].i32) : nil
        for i in 0..<conv.groups {
            let to = frame.packed + i * groupBytes
            panels.pack(
                frame.x[1], conv.weights, first: i * panels.n, columnStep: panels.segments * panels.run,
                segmentStep: panels.run, runStep: 1, to: to)
            panels.packBias(
                bias, conv.multipliers, first: i * panels.n, zero: conv.zero, unsigned: target.kernels.unsignedA, to: to)
        }
    }

    func forward(_ frame: Frame, _ worker: Worker) {
        var image = 0
        while image < g.n {
            let count = min(chunk, g.n - image)
            let x = frame.x[0].base + image * g.h * g.w * g.c
            if let padded {
                if image > 0 { worker.barrier() }
                let lines = worker.share(of: count * padded.spanH)
                padded.copy(x, to: frame.scratch, fill: UInt8(truncatingIfNeeded: conv.zero), lines: lines)
                worker.barrier()
            }
            multiply(frame, worker, padded == nil ? x : frame.scratch, image, count)
            image += count
        }
    }

    /// `images` images at `x`, to the output from image `first` on.
    private func multiply(_ frame: Frame, _ worker: Worker, _ x: UnsafeRawPointer, _ first: Int, _ images: Int) {
        let outputs = conv.groups * panels.n
        let line = padded?.line ?? g.w * g.c
        let size = conv.output.dtype.bytes
        let start = frame.y[0].base + first * g.oh * g.ow * outputs * size
        for i in 0..<conv.groups {
            let rows = RowWalk(
                x + i * (g.c / conv.groups), columns: g.ow, lines: g.oh, step: g.sw * g.c, lineStep: g.sh * line,
                imageStep: padded?.image ?? g.h * line)
            let product = IntegerProduct(
                kernels: target.kernels, rows: rows, m: images * g.oh * g.ow, panels: panels,
                packed: frame.packed + i * groupBytes, y: start + i * panels.n * size, yStride: outputs,
                output: conv.output)
            let taps = whole ? 1 : g.kw
            product.compute(worker, scratch: frame.scratch + paddedBytes) { s in
                s / taps * g.dh * line + s % taps * g.dw * g.c
            }
        }
    }
}
