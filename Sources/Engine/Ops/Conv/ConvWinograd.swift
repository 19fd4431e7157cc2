import CKernels

/// A 3 × 3 convolution of stride 1 as Winograd's F(2 × 2, 3 × 3) (Lavin and Gray, 2016): images in 4 × 4 tiles become
/// 16 matrix products that make 2 × 2 outputs each, with 16 multiplications where the plain way has 36.
/// F(4 × 4, 3 × 3), of 36 products with 36 multiplications for 144, rounds ten times as coarsely: for gradients.
struct ConvWinograd {
    let g: ConvGeometry
    /// Outputs of a tile are size × size.
    let size: Int
    let low: Float
    let high: Float
    let target: Target
    let panels: Panels
    let padded: PaddedImages
    /// Lines of tiles in an image, tiles in a line.
    let lines: Int
    let tiles: Int
    /// Lines of tiles that a worker takes at a time, so that what becomes of them stays in its second-level cache.
    private let step: Int

    /// Whether it is worth it: few channels spend more on the transforms than they save, few tiles more on reading 16
    /// matrices of weights instead of 9.
    static func pays(_ g: ConvGeometry, groups: Int, outputs: Int) -> Bool {
        g.kh == 3 && g.kw == 3 && g.sh == 1 && g.sw == 1 && g.dh == 1 && g.dw == 1 && groups == 1
            && g.c >= 8 && outputs >= 8 && (g.oh + 1) / 2 * ((g.ow + 1) / 2) >= 16
    }

    init(
        _ g: ConvGeometry, size: Int = 2, outputs: Int, low: Float = -.infinity, high: Float = .infinity,
        _ target: Target
    ) {
        (self.g, self.size, self.low, self.high, self.target) = (g, size, low, high, target)
        panels = Panels(k: g.c, n: outputs, nr: target.kernels.f32Tile.nr)
        (lines, tiles) = ((g.oh + size - 1) / size, (g.ow + size - 1) / size)
        padded = PaddedImages(g, bytes: 4, spanH: size * lines + 2, spanW: size * tiles + 2)
        step = max(1, min(lines * g.n, (192 << 10) / (4 * (size + 2) * (size + 2) * tiles * (g.c + panels.n))))
    }

    /// Entries of a tile, and so matrices.
    var count: Int { (size + 2) * (size + 2) }
    /// A set of panels for each, the last of which carries the bias.
    var packedBytes: Int { ((count - 1) * panels.bias + panels.floats) * 4 }

    /// Floats from one of the matrices to the next: spread over the sets of the first-level cache, in all of which a
    /// transform is at once.
    static func plane(_ floats: Int) -> Int {
        let lines = (floats + 15) / 16
        return (lines + (5 - lines) & 15) * 16
    }

    /// Of one worker: a band of one image, the transformed tiles and their products, addresses, a bias of zeros.
    private var paddedBytes: Int { ((size * min(step, lines) + 2) * padded.line + 127) & ~63 }
    private var tilesBytes: Int {
        4 * count * (ConvWinograd.plane(step * tiles * g.c) + ConvWinograd.plane(step * tiles * panels.n))
    }
    private var pointersBytes: Int { (step * tiles * 8 + 127) & ~63 }
    private var zerosBytes: Int { (panels.count * panels.nr * 4 + 63) & ~63 }
    /// Working memory that one worker needs.
    var ownBytes: Int { paddedBytes + tilesBytes + pointersBytes + zerosBytes }

    /// This worker's share of y, with `ownBytes` of its own; `addend` is like y, or y.
    func compute(
        _ x: UnsafeRawPointer, packed: UnsafePointer<Float>, addend: UnsafePointer<Float>?,
        y: UnsafeMutablePointer<Float>, own: UnsafeMutableRawPointer, _ worker: Worker
    ) {
        let zeros = own + paddedBytes + tilesBytes + pointersBytes
        zeros.initializeMemory(as: UInt8.self, repeating: 0, count: zerosBytes)
        let share = worker.share(of: g.n * lines)
        let blocks = (share.count + step - 1) / step
        for i in 0..<blocks {
            let first = share.lowerBound + share.count * i / blocks
            let last = share.lowerBound + share.count * (i + 1) / blocks
            let v = (own + paddedBytes).assumingMemoryBound(to: Float.self)
            let rows = (last - first) * tiles
            spread(x, first..<last, band: own, v, plane: ConvWinograd.plane(rows * g.c))
            multiply(packed, rows, v, pointers: own + paddedBytes + tilesBytes, zeros: zeros)
            gather(
                first..<last, v + count * ConvWinograd.plane(rows * g.c), bias: packed + count * panels.bias, addend, y)
        }
    }

    /// Tiles of the lines `part` to the matrices v, image after image through `band`.
    func spread(
        _ x: UnsafeRawPointer, _ part: Range<Int>, band: UnsafeMutableRawPointer, _ v: UnsafeMutablePointer<Float>,
        plane: Int
    ) {
        var line = part.lowerBound
        while line < part.upperBound {
            let count = min(part.upperBound - line, lines - line % lines)
            let first = line / lines * padded.spanH + line % lines * size
            padded.copy(x, to: band - first * padded.line, fill: 0, lines: first..<first + size * count + 2)
            for i in 0..<count {
                var call = kn_winograd_in(
                    count: tiles, channels: g.c, x: (band + size * i * padded.line).assumingMemoryBound(to: Float.self),
                    line: padded.line / 4, v: v + (line - part.lowerBound + i) * tiles * g.c, plane: plane)
                target.kernels.winograd(&call, size: size)
            }
            line += count
        }
    }

    /// Products of [rows, c] by [c, o], stored behind v.
    private func multiply(
        _ packed: UnsafePointer<Float>, _ rows: Int, _ v: UnsafeMutablePointer<Float>,
        pointers: UnsafeMutableRawPointer,
        zeros: UnsafeMutableRawPointer
    ) {
        let (planeV, planeM) = (ConvWinograd.plane(rows * g.c), ConvWinograd.plane(rows * panels.n))
        let m = v + count * planeV
        let a = pointers.assumingMemoryBound(to: UnsafePointer<Float>.self)
        for t in 0..<rows { a[t] = UnsafePointer(v + t * g.c) }
        // Behind the addresses, where the matrix begins.
        let offset = UnsafeMutableRawPointer(a + rows).assumingMemoryBound(to: Int.self)
        for p in 0..<count {
            offset.pointee = p * planeV
            var call = kn_tile_f32(
                rows: rows, columns: panels.n, segments: 1, run: g.c, a: UnsafePointer(a),
                offset: offset, b: packed + p * panels.bias,
                bias: zeros.assumingMemoryBound(to: Float.self), residual: nil, residual_stride: 0,
                low: -.infinity, high: .infinity, y: m + p * planeM, y_stride: panels.n)
            target.kernels.tile(&call)
        }
    }

    /// The products m to output lines.
    private func gather(
        _ part: Range<Int>, _ m: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>,
        _ addend: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>
    ) {
        for (i, line) in part.enumerated() {
            let oy = line % lines * size
            let at = (line / lines * g.oh + oy) * g.ow * panels.n
            var call = kn_winograd_out(
                rows: min(size, g.oh - oy), columns: g.ow, channels: panels.n, m: m + i * tiles * panels.n,
                plane: ConvWinograd.plane(part.count * tiles * panels.n), bias: bias,
                residual: addend.map { $0 + at }, low: low, high: high, y: y + at, line: g.ow * panels.n)
            target.kernels.winograd(&call, size: size)
        }
    }
}
