import CKernels

/// An integer depthwise convolution, output line by output line. Weights of several parts see every line once for each.
struct IntegerConvRows {
    let conv: IntegerConv
    let g: ConvGeometry
    private let lines: Int

    init(_ conv: IntegerConv, _ x: TensorType, _ w: TensorType) {
        self.conv = conv
        g = conv.geometry(x, w)
        lines = g.kh * conv.weights.parts
    }

    private var weightBytes: Int { (lines * g.kw * g.c + 63) & ~63 }
    /// w as [parts · kH, kW, C], bias [C], multipliers [C].
    var packedBytes: Int { weightBytes + g.c * 8 }
    /// Bytes that one worker needs: the addresses of the lines that a window sees.
    var scratchBytes: Int { (lines * 8 + 63) & ~63 }

    func pack(_ frame: Frame) {
        let to = frame.packed.assumingMemoryBound(to: Int8.self)
        let bias = (frame.packed + weightBytes).assumingMemoryBound(to: Int32.self)
        let scale = (frame.packed + weightBytes + g.c * 4).assumingMemoryBound(to: Float.self)
        let taps = g.kh * g.kw
        for c in 0..<g.c {
            for t in 0..<taps {
                var v = weight(frame.x[1], c * taps + t, less: conv.weights.zero(c))
                for p in 0..<conv.weights.parts { to[(p * taps + t) * g.c + c] = takePart(&v) }
            }
            bias[c] = frame.x.count > 2 ? frame.x[2].i32[c] : 0
            scale[c] = conv.multipliers.count == 1 ? conv.multipliers[0] : conv.multipliers[c]
        }
    }

    func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0].i8, frame.y[0].i8)
        let rows = (frame.scratch + worker.index * scratchBytes).assumingMemoryBound(to: UnsafePointer<Int8>?.self)
        for l in worker.share(of: g.n * g.oh) {
            let image = x + l / g.oh * g.h * g.w * g.c
            for i in 0..<lines {
                let row = l % g.oh * g.sh + i % g.kh * g.dh - g.top
                rows[i] = row >= 0 && row < g.h ? UnsafePointer(image + row * g.w * g.c) : nil
            }
            var call = kn_depthwise_i8(
                width: g.w, channels: g.c, kh: lines, kw: g.kw, stride: g.sw, dilation: g.dw, pad: g.left,
                columns: g.ow, rows: UnsafePointer(rows), w: UnsafePointer(frame.packed.assumingMemoryBound(to: Int8.self)),
                bias: UnsafePointer((frame.packed + weightBytes).assumingMemoryBound(to: Int32.self)),
                scale: UnsafePointer((frame.packed + weightBytes + g.c * 4).assumingMemoryBound(to: Float.self)),
                x_zero: conv.zero, zero: conv.output.zero, low: conv.output.low, high: conv.output.high,
                y: y + l * g.ow * g.c)
            frame.target.kernels.depthwise(&call)
        }
    }
}
