import CKernels

/// y[n, oy, ox, c] = output(Σ_ij (x[n, oy·sh + i·dh - top, ox·sw + j·dw - left, c] - zero)), multiplied by sx / (sy · pixels):
/// the pixels inside the image, or with `countsPadding` those inside image and padding.
public final class IntegerAveragePool: Op {
    package let window: Window
    package let countsPadding: Bool
    let x: Quantization
    let y: Quantization
    package let output: IntegerOutput

    public init(_ window: Window, countsPadding: Bool, _ x: Quantization, _ y: Quantization, output: IntegerOutput) {
        self.window = window
        self.countsPadding = countsPadding
        self.x = x
        self.y = y
        self.output = output
    }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try require(x.count == 1 && x[0].dtype == .i8, .shape, "IntegerAveragePool takes one int8 image")
        let g = try ConvGeometry(window, x[0])
        let y = TensorType(.i8, g.outputShape(channels: g.c, rank: x[0].rank))
        _ = try checkedCount(y.shape)
        return [y]
    }

    /// A sum for every channel, for every worker.
    public func scratchBytes(_ x: [TensorType], _ target: Target) -> Int {
        target.workers * sumBytes(x[0].shape[x[0].rank - 1])
    }
    private func sumBytes(_ channels: Int) -> Int { (channels * 4 + 63) & ~63 }

    public func forward(_ frame: Frame, _ worker: Worker) {
        guard let g = try? ConvGeometry(window, frame.x[0].type) else { return }
        let sums = (frame.scratch + worker.index * sumBytes(g.c)).assumingMemoryBound(to: Int32.self)
        for l in worker.share(of: g.n * g.oh) {
            let image = frame.x[0].i8 + l / g.oh * g.h * g.w * g.c
            for ox in 0..<g.ow {
                for c in 0..<g.c { sums[c] = 0 }
                let (top, left) = (l % g.oh * g.sh - g.top, ox * g.sw - g.left)
                var (inside, padded) = (0, 0)
                for i in 0..<g.kh {
                    for j in 0..<g.kw {
                        let (row, column) = (top + i * g.dh, left + j * g.dw)
                        if row < g.h + g.bottom && column < g.w + g.right { padded += 1 }
                        if row < 0 || row >= g.h || column < 0 || column >= g.w { continue }
                        inside += 1
                        var call = kn_sum_i8(
                            count: 1, channels: g.c, stride: g.c, x: image + (row * g.w + column) * g.c, y: sums)
                        frame.target.kernels.sum(&call)
                    }
                }
                let scale = x.scale / (y.scale * Float(max(countsPadding ? padded : inside, 1)))
                let bias = x.zero &* Int32(truncatingIfNeeded: inside)
                let to = frame.y[0].i8 + (l * g.ow + ox) * g.c
                for c in 0..<g.c {
                    to[c] = requantize(sums[c] &- bias, scale, zero: output.zero, low: output.low, high: output.high)
                }
            }
        }
    }
}
