import CKernels

/// A convolution as tiles of a matrix product whose left rows are windows of the images, read in place; where windows
/// leave the images, of padded copies.
struct ConvTiles {
    let g: ConvGeometry
    let groups: Int
    let low: Float
    let high: Float
    let target: Target
    /// Of one group.
    let panels: Panels
    let run: Int
    let segments: Int
    private let bands: ConvBands?
    /// Elements between pixels, lines and images of y.
    private let step: Int
    private let lineStep: Int
    private let imageStep: Int

    /// `steps`: between pixels, lines and images of y where they do not follow each other, in pixels.
    init(
        _ g: ConvGeometry, groups: Int, outputs: Int, low: Float = -.infinity, high: Float = .infinity,
        steps: (pixel: Int, line: Int, image: Int)? = nil, _ target: Target
    ) {
        (self.g, self.groups, self.low, self.high, self.target) = (g, groups, low, high, target)
        let channels = g.c / groups
        panels = Panels(k: g.kh * g.kw * channels, n: outputs / groups, nr: target.kernels.f32Tile.nr)
        // A line of a window lies in one piece if it holds all channels of neighbouring pixels.
        let whole = groups == 1 && (g.dw == 1 || g.kw == 1)
        run = whole ? g.kw * channels : channels
        segments = whole ? g.kh : g.kh * g.kw
        bands = g.isInside ? nil : ConvBands(g, bytes: 4)
        step = (steps?.pixel ?? 1) * outputs
        lineStep = (steps?.line ?? g.ow) * outputs
        imageStep = (steps?.image ?? g.oh * g.ow) * outputs
    }

    var packedBytes: Int { groups * panels.bytes }

    /// Of one worker: padded images, then what the product needs.
    private var paddedBytes: Int { bands?.bytes ?? 0 }
    /// Working memory that one worker needs.
    var ownBytes: Int { paddedBytes + Product.scratchBytes(segments: segments) }

    /// w as stored, [O, kH, kW, I].
    func pack(_ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?, to packed: UnsafeMutablePointer<Float>) {
        for i in 0..<groups {
            let to = packed + i * panels.floats
            panels.pack(w + i * panels.n * panels.k, rowStep: 1, columnStep: panels.k, to: to)
            panels.packBias(bias.map { $0 + i * panels.n }, to: to)
        }
    }

    /// This worker's share of y, with `ownBytes` of its own; `addend` is like y, or y.
    func compute(
        _ x: UnsafeRawPointer, packed: UnsafePointer<Float>, addend: UnsafePointer<Float>?,
        y: UnsafeMutablePointer<Float>, own: UnsafeMutableRawPointer, _ worker: Worker
    ) {
        let product = own + paddedBytes
        if let bands {
            bands.forEach(worker, x, fill: 0, own: own) { rows, first, lines in
                multiply(.alone, rows, bands.padded.line, first, lines, packed, addend, y, product)
            }
        } else {
            let line = g.w * g.c * 4
            let rows = RowWalk(
                x, columns: g.ow, lines: g.oh, step: g.sw * g.c * 4, lineStep: g.sh * line, imageStep: g.h * line)
            multiply(worker, rows, line, 0, g.n * g.oh, packed, addend, y, product)
        }
    }

    /// `count` lines of windows, to the output from line `first` on. `line`: bytes between lines of the images.
    private func multiply(
        _ worker: Worker, _ rows: RowWalk, _ line: Int, _ first: Int, _ count: Int, _ packed: UnsafePointer<Float>,
        _ addend: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>, _ own: UnsafeMutableRawPointer
    ) {
        func place(_ line: Int) -> Int { line / g.oh * imageStep + line % g.oh * lineStep }
        if lineStep == g.ow * step && (g.n == 1 || imageStep == g.oh * lineStep) {
            for i in 0..<groups {
                let part = rows.moved(by: i * (g.c / groups) * 4)
                product(i, part, line, at: place(first), count * g.ow, packed, addend, y, own, worker)
            }
            return
        }
        let share = worker.share(of: count)
        for i in 0..<groups {
            let part = rows.moved(by: i * (g.c / groups) * 4)
            if g.ow <= Product.block {
                multiply(lines: share, of: part, line, group: i, packed, addend, y, own) { place(first + $0) }
                continue
            }
            for l in share {
                let rows = part.moved(by: l / g.oh * part.imageStep + l % g.oh * part.lineStep)
                product(i, rows, line, at: place(first + l), g.ow, packed, addend, y, own, .alone)
            }
        }
    }

    /// Lines of windows whose outputs do not follow each other: the addresses of several are written down at a time.
    private func multiply(
        lines: Range<Int>, of rows: RowWalk, _ line: Int, group: Int, _ packed: UnsafePointer<Float>,
        _ addend: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>, _ own: UnsafeMutableRawPointer,
        place: (Int) -> Int
    ) {
        let pointers = own.assumingMemoryBound(to: UnsafeRawPointer.self)
        let offset = (own + Product.block * 8).assumingMemoryBound(to: Int.self)
        for s in 0..<segments { offset[s] = self.offset(s, line) }
        let (b, most) = (packed + group * panels.floats, Product.block / g.ow)
        for first in stride(from: lines.lowerBound, to: lines.upperBound, by: most) {
            let count = min(most, lines.upperBound - first)
            rows.fill(pointers, first: first * g.ow, count: count * g.ow)
            for l in 0..<count {
                let at = place(first + l) + group * panels.n
                var call = kn_tile_f32(
                    rows: g.ow, columns: panels.n, segments: segments, run: run,
                    a: UnsafeRawPointer(pointers + l * g.ow).assumingMemoryBound(to: UnsafePointer<Float>.self),
                    offset: offset, b: b, bias: b + panels.bias, residual: addend.map { $0 + at },
                    residual_stride: step, low: low, high: high, y: y + at, y_stride: step)
                target.kernels.tile(&call)
            }
        }
    }

    /// Where segment `s` of a window begins, in elements.
    private func offset(_ s: Int, _ line: Int) -> Int {
        let taps = segments == g.kh ? 1 : g.kw
        return (s / taps * g.dh * line + s % taps * g.dw * g.c * 4) / 4
    }

    /// `count` windows of one group, to the output from element `at` on.
    private func product(
        _ group: Int, _ rows: RowWalk, _ line: Int, at: Int, _ count: Int, _ packed: UnsafePointer<Float>,
        _ addend: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>, _ own: UnsafeMutableRawPointer,
        _ worker: Worker
    ) {
        let at = at + group * panels.n
        let product = Product(
            kernels: target.kernels, rows: rows, m: count, panels: panels, run: run, segments: segments,
            packed: packed + group * panels.floats, y: y + at, yStride: step, addend: addend.map { $0 + at }, low: low,
            high: high)
        product.compute(worker, own: own) { offset($0, line) }
    }
}
