import CKernels

/// A 3 × 3 convolution of stride 1 as Winograd's F(2 × 2, 3 × 3) (Lavin and Gray, 2016): images in 4 × 4 tiles become
/// 16 matrix products that make 2 × 2 outputs each, with 16 multiplications where the plain way has 36.
struct ConvWinograd {
    let g: ConvGeometry
    let low: Float
    let high: Float
    let addsResidual: Bool
    let target: Target
    let panels: Panels
    let padded: PaddedImages
    /// Images in one go.
    let chunk: Int
    /// Lines of tiles in an image, tiles in a line.
    private var lines: Int { (g.oh + 1) / 2 }
    private var tiles: Int { (g.ow + 1) / 2 }

    /// Whether it is worth it: small products and few tiles spend more on the transforms than they save.
    static func pays(_ g: ConvGeometry, groups: Int, outputs: Int) -> Bool {
        g.kh == 3 && g.kw == 3 && g.sh == 1 && g.sw == 1 && g.dh == 1 && g.dw == 1 && groups == 1
            && g.c >= 8 && outputs >= 8 && g.oh >= 4 && g.ow >= 4
    }

    init(_ conv: Conv, _ x: TensorType, _ w: TensorType, _ target: Target) {
        g = conv.geometry(x, w)
        (low, high, addsResidual) = (conv.low, conv.high, conv.addsResidual)
        self.target = target
        panels = Panels(k: g.c, n: w.shape[0], nr: target.kernels.f32Tile.nr)
        padded = PaddedImages(g, bytes: 4, spanH: (g.oh + 1) / 2 * 2 + 2, spanW: (g.ow + 1) / 2 * 2 + 2)
        chunk = max(1, min(g.n, (256 << 10) / max(padded.image, 1)))
    }

    /// 16 sets of panels, the last of which carries the bias.
    var packedBytes: Int { (15 * panels.bias + panels.floats) * 4 }

    /// Lines of tiles that a worker takes at a time, so that what becomes of them stays in its second-level cache.
    private var step: Int { max(1, min(lines * chunk, (192 << 10) / (64 * tiles * (g.c + panels.n)))) }
    private var tilesBytes: Int { 64 * step * tiles * (g.c + panels.n) }
    private var ownBytes: Int { (tilesBytes + step * tiles * 8 + 127) & ~63 }
    private var paddedBytes: Int { (chunk * padded.image + 127) & ~63 }
    private var zerosBytes: Int { (panels.count * panels.nr * 4 + 63) & ~63 }
    var scratchBytes: Int { paddedBytes + zerosBytes + target.workers * ownBytes }

    /// G w Gᵀ, every entry a matrix [c, o] in panels.
    func pack(_ frame: Frame) {
        let w = frame.x[1].f32
        let packed = frame.packed.assumingMemoryBound(to: Float.self)
        for p in 0..<panels.count {
            for c in 0..<g.c {
                for j in 0..<panels.nr {
                    let to = packed + p * panels.stride + c * panels.nr + j
                    let o = p * panels.nr + j
                    spread(w + o * 9 * g.c + c, exists: o < panels.n, to)
                }
            }
        }
        panels.packBias(frame.x.count > 2 ? frame.x[2].f32 : nil, to: packed + 15 * panels.bias)
    }

    private func spread(_ w: UnsafePointer<Float>, exists: Bool, _ to: UnsafeMutablePointer<Float>) {
        @inline(__always) func three(_ a: Float, _ b: Float, _ c: Float) -> (Float, Float, Float, Float) {
            (a, (a + b + c) * 0.5, (a - b + c) * 0.5, c)
        }
        @inline(__always) func row(_ i: Int) -> (Float, Float, Float, Float) {
            exists ? three(w[3 * i * g.c], w[(3 * i + 1) * g.c], w[(3 * i + 2) * g.c]) : (0, 0, 0, 0)
        }
        let (a, b, c) = (row(0), row(1), row(2))
        let columns = (three(a.0, b.0, c.0), three(a.1, b.1, c.1), three(a.2, b.2, c.2), three(a.3, b.3, c.3))
        let plane = panels.bias
        @inline(__always) func put(_ j: Int, _ v: (Float, Float, Float, Float)) {
            to[j * plane] = v.0
            to[(4 + j) * plane] = v.1
            to[(8 + j) * plane] = v.2
            to[(12 + j) * plane] = v.3
        }
        put(0, columns.0)
        put(1, columns.1)
        put(2, columns.2)
        put(3, columns.3)
    }

    func forward(_ frame: Frame, _ worker: Worker) {
        if worker.index == 0 {
            (frame.scratch + paddedBytes).initializeMemory(as: UInt8.self, repeating: 0, count: zerosBytes)
        }
        var image = 0
        while image < g.n {
            let count = min(chunk, g.n - image)
            if image > 0 { worker.barrier() }
            let x = frame.x[0].base + image * g.h * g.w * g.c * 4
            padded.copy(x, to: frame.scratch, fill: 0, lines: worker.share(of: count * padded.spanH))
            worker.barrier()
            let share = worker.share(of: count * lines)
            var line = share.lowerBound
            while line < share.upperBound {
                let last = min(line + step, share.upperBound)
                multiply(frame, worker, image, line..<last)
                line = last
            }
            image += count
        }
    }

    /// Lines of tiles `part` of the images from `first` on.
    private func multiply(_ frame: Frame, _ worker: Worker, _ first: Int, _ part: Range<Int>) {
        let own = frame.scratch + paddedBytes + zerosBytes + worker.index * ownBytes
        let (v, rows) = (own.assumingMemoryBound(to: Float.self), part.count * tiles)
        let m = v + 16 * rows * g.c
        for (i, line) in part.enumerated() {
            let at = line / lines * padded.image + line % lines * 2 * padded.line
            var call = kn_winograd_in(
                count: tiles, channels: g.c, x: (frame.scratch + at).assumingMemoryBound(to: Float.self),
                line: padded.line / 4, v: v + i * tiles * g.c, plane: rows * g.c)
            target.kernels.winograd(&call)
        }
        // A bias of nothing, and an offset of none.
        let zeros = frame.scratch + paddedBytes
        let pointers = (own + tilesBytes).assumingMemoryBound(to: UnsafePointer<Float>.self)
        let packed = frame.packed.assumingMemoryBound(to: Float.self)
        for p in 0..<16 {
            for t in 0..<rows { pointers[t] = UnsafePointer(v + (p * rows + t) * g.c) }
            var call = kn_tile_f32(
                rows: rows, columns: panels.n, segments: 1, run: g.c, a: UnsafePointer(pointers),
                offset: zeros.assumingMemoryBound(to: Int.self), b: packed + p * panels.bias,
                bias: zeros.assumingMemoryBound(to: Float.self), residual: nil, residual_stride: 0,
                low: -.infinity, high: .infinity, y: m + p * rows * panels.n, y_stride: panels.n)
            target.kernels.tile(&call)
        }
        for (i, line) in part.enumerated() {
            let oy = line % lines * 2
            let at = ((first + line / lines) * g.oh + oy) * g.ow * panels.n
            var call = kn_winograd_out(
                rows: min(2, g.oh - oy), columns: g.ow, channels: panels.n, m: m + i * tiles * panels.n,
                plane: rows * panels.n, bias: packed + 16 * panels.bias,
                residual: addsResidual ? UnsafePointer(frame.x[3].f32) + at : nil, low: low, high: high,
                y: frame.y[0].f32 + at, line: g.ow * panels.n)
            target.kernels.winograd(&call)
        }
    }
}
