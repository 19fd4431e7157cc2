import CKernels

/// A depthwise convolution, output line by output line: y[oy, ox, c] from lines of x[·, c] and w[·, ·, c].
struct ConvRows {
    let g: ConvGeometry

    init(_ g: ConvGeometry) { self.g = g }

    /// Bytes that one worker needs: the addresses of the lines that a window sees.
    static func bytes(_ g: ConvGeometry) -> Int { (g.kh * 8 + 63) & ~63 }

    /// w [C, kH, kW, 1] as [kH, kW, C], then the bias.
    static func pack(_ frame: Frame) {
        let (w, shape) = (frame.x[1].f32, frame.x[1].shape)
        let to = frame.packed.assumingMemoryBound(to: Float.self)
        let (channels, taps) = (shape[0], frame.x[1].count / shape[0])
        for t in 0..<taps { for c in 0..<channels { to[t * channels + c] = w[c * taps + t] } }
        for c in 0..<channels { to[taps * channels + c] = frame.x.count > 2 ? frame.x[2].f32[c] : 0 }
    }

    func forward(_ frame: Frame, _ worker: Worker, _ low: Float, _ high: Float) {
        let (x, y) = (frame.x[0].f32, frame.y[0].f32)
        let w = UnsafePointer(frame.packed.assumingMemoryBound(to: Float.self))
        let lines = (frame.scratch + worker.index * ConvRows.bytes(g))
            .assumingMemoryBound(to: UnsafePointer<Float>?.self)
        for l in worker.share(of: g.n * g.oh) {
            let image = x + l / g.oh * g.h * g.w * g.c
            for i in 0..<g.kh {
                let row = l % g.oh * g.sh + i * g.dh - g.top
                lines[i] = row >= 0 && row < g.h ? UnsafePointer(image + row * g.w * g.c) : nil
            }
            var call = kn_depthwise_f32(
                width: g.w, channels: g.c, kh: g.kh, kw: g.kw, stride: g.sw, dilation: g.dw, pad: g.left,
                columns: g.ow, rows: UnsafePointer(lines), w: w, bias: w + g.kh * g.kw * g.c, low: low, high: high,
                y: y + l * g.ow * g.c, y_step: g.c)
            frame.target.kernels.depthwise(&call)
        }
    }
}
