import CKernels

/// y[n, c] = output(Σ_hw (x[n, h, w, c] - zero)), multiplied by sx / (sy · h · w), of x [N, spatial…, C]; y [N, 1…, C], or
/// [N, C] without `keepsAxes`.
public final class IntegerGlobalAveragePool: Op {
    package let keepsAxes: Bool
    let x: Quantization
    let y: Quantization
    package let output: IntegerOutput

    public init(_ x: Quantization, _ y: Quantization, keepsAxes: Bool = true, output: IntegerOutput) {
        self.x = x
        self.y = y
        self.keepsAxes = keepsAxes
        self.output = output
    }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try require(
            x.count == 1 && x[0].dtype == .i8 && x[0].rank >= 3 && x[0].count > 0, .shape,
            "IntegerGlobalAveragePool takes one int8 image")
        let spatial = keepsAxes ? [Int](repeating: 1, count: x[0].rank - 2) : []
        return [TensorType(.i8, [x[0].shape[0]] + spatial + [x[0].shape[x[0].rank - 1]])]
    }

    /// A sum for every channel.
    public func scratchBytes(_ x: [TensorType], _ target: Target) -> Int { x[0].shape[x[0].rank - 1] * 4 }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let shape = frame.x[0].shape
        let (n, c) = (shape[0], shape[shape.count - 1])
        let pixels = frame.x[0].count / (n * c)
        let scale = x.scale / (y.scale * Float(pixels))
        let bias = -x.zero &* Int32(truncatingIfNeeded: pixels)
        let sums = frame.scratch.assumingMemoryBound(to: Int32.self)
        let part = worker.share(of: c, grain: 16)
        for image in 0..<n {
            let to = frame.y[0].i8 + image * c
            for j in part { sums[j] = bias }
            var call = kn_sum_i8(
                count: pixels, channels: part.count, stride: c,
                x: frame.x[0].i8 + image * pixels * c + part.lowerBound, y: sums + part.lowerBound)
            frame.target.kernels.sum(&call)
            for j in part { to[j] = requantize(sums[j], scale, zero: output.zero, low: output.low, high: output.high) }
        }
    }
}
