/// An integer convolution as tiles of a matrix product whose left rows are windows of the images, read in place; where
/// windows leave the images, of copies padded with the zero point.
struct IntegerConvTiles {
    let conv: IntegerConv
    let g: ConvGeometry
    let target: Target
    /// Of one group.
    let panels: IntegerPanels
    /// A line of a window lies in one piece: it holds all channels of neighbouring pixels.
    private let whole: Bool
    private let bands: ConvBands?

    init(_ conv: IntegerConv, _ x: TensorType, _ w: TensorType, _ target: Target) {
        self.conv = conv
        self.target = target
        g = conv.geometry(x, w)
        let channels = g.c / conv.groups
        whole = conv.groups == 1 && (g.dw == 1 || g.kw == 1)
        panels = IntegerPanels(
            segments: whole ? g.kh : g.kh * g.kw, run: whole ? g.kw * channels : channels, n: w.shape[0] / conv.groups,
            parts: conv.weights.parts, target.kernels)
        bands = g.isInside ? nil : ConvBands(g, bytes: 1)
    }

    /// One group's panels, so that the next group's are aligned too.
    private var groupBytes: Int { (panels.bytes + 63) & ~63 }
    var packedBytes: Int { conv.groups * groupBytes }

    /// Of one worker: padded images, then what the product needs.
    private var paddedBytes: Int { bands?.bytes ?? 0 }
    private var ownBytes: Int { paddedBytes + IntegerProduct.scratchBytes(panels) }
    var scratchBytes: Int { target.workers * ownBytes }

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
        let (x, own) = (frame.x[0].base, frame.scratch + worker.index * ownBytes)
        if let bands {
            bands.forEach(worker, x, fill: UInt8(truncatingIfNeeded: conv.zero), own: own) { rows, first, lines in
                multiply(frame, .alone, rows, line: bands.padded.line, first: first * g.ow, count: lines * g.ow, own)
            }
        } else {
            let line = g.w * g.c
            let rows = RowWalk(
                x, columns: g.ow, lines: g.oh, step: g.sw * g.c, lineStep: g.sh * line, imageStep: g.h * line)
            multiply(frame, worker, rows, line: line, first: 0, count: g.n * g.oh * g.ow, own)
        }
    }

    /// `count` windows, to the output from pixel `first` on. `line`: bytes between lines of the images.
    private func multiply(
        _ frame: Frame, _ worker: Worker, _ rows: RowWalk, line: Int, first: Int, count: Int,
        _ own: UnsafeMutableRawPointer
    ) {
        let outputs = conv.groups * panels.n
        let taps = whole ? 1 : g.kw
        for i in 0..<conv.groups {
            let at = (first * outputs + i * panels.n) * conv.output.dtype.bytes
            let product = IntegerProduct(
                kernels: target.kernels, rows: rows.moved(by: i * (g.c / conv.groups)), m: count, panels: panels,
                packed: frame.packed + i * groupBytes, y: frame.y[0].base + at, yStride: outputs, output: conv.output)
            product.compute(worker, own: own + paddedBytes) { s in s / taps * g.dh * line + s % taps * g.dw * g.c }
        }
    }
}
