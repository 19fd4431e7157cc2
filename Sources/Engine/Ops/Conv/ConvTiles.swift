/// A convolution as tiles of a matrix product whose left rows are windows of the images, read in place; where windows
/// leave the images, of padded copies.
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
    private let bands: ConvBands?

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
        bands = g.isInside ? nil : ConvBands(g, bytes: 4)
    }

    var packedBytes: Int { groups * panels.bytes }

    /// Of one worker: padded images, then what the product needs.
    private var paddedBytes: Int { bands?.bytes ?? 0 }
    private var ownBytes: Int { paddedBytes + Product.scratchBytes(segments: segments) }
    var scratchBytes: Int { target.workers * ownBytes }

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
        let (x, own) = (frame.x[0].base, frame.scratch + worker.index * ownBytes)
        if let bands {
            bands.forEach(worker, x, fill: 0, own: own) { rows, first, lines in
                multiply(frame, .alone, rows, line: bands.padded.line, first: first * g.ow, count: lines * g.ow, own)
            }
        } else {
            let line = g.w * g.c * 4
            let rows = RowWalk(
                x, columns: g.ow, lines: g.oh, step: g.sw * g.c * 4, lineStep: g.sh * line, imageStep: g.h * line)
            multiply(frame, worker, rows, line: line, first: 0, count: g.n * g.oh * g.ow, own)
        }
    }

    /// `count` windows, to the output from pixel `first` on. `line`: bytes between lines of the images.
    private func multiply(
        _ frame: Frame, _ worker: Worker, _ rows: RowWalk, line: Int, first: Int, count: Int,
        _ own: UnsafeMutableRawPointer
    ) {
        let outputs = groups * panels.n
        let packed = frame.packed.assumingMemoryBound(to: Float.self)
        let taps = segments == g.kh ? 1 : g.kw
        for i in 0..<groups {
            let at = first * outputs + i * panels.n
            let product = Product(
                kernels: target.kernels, rows: rows.moved(by: i * (g.c / groups) * 4), m: count, panels: panels,
                run: run, segments: segments, packed: packed + i * panels.floats, y: frame.y[0].f32 + at,
                yStride: outputs, addend: addsResidual ? UnsafePointer(frame.x[3].f32) + at : nil, low: low, high: high)
            product.compute(worker, own: own + paddedBytes) { s in
                (s / taps * g.dh * line + s % taps * g.dw * g.c * 4) / 4
            }
        }
    }
}
