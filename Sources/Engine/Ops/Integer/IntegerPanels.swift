/// How quantized weights b[segments · run, n] are laid out for the tiles: panels of `nr` columns, each
/// [parts · segments, run4, nr, 4] int8 with zeros past the run and past column n; then for all panels an int32 bias and
/// a float multiplier per column.
struct IntegerPanels {
    let segments: Int
    let run: Int
    let n: Int
    let nr: Int
    let parts: Int

    init(segments: Int, run: Int, n: Int, parts: Int, _ kernels: Kernels) {
        self.segments = segments
        self.run = run
        self.n = n
        self.parts = parts
        nr = kernels.i8Tile.nr
    }

    var run4: Int { (run + 3) / 4 }
    var count: Int { (n + nr - 1) / nr }
    /// Bytes of one panel.
    var stride: Int { parts * segments * run4 * 4 * nr }
    /// Where bias and multipliers begin, in bytes.
    var bias: Int { count * stride }
    var multipliers: Int { bias + count * nr * 4 }
    var bytes: Int { multipliers + count * nr * 4 }

    /// Lays out the weights: element r of segment s of column j is
    /// `w[(first + j) * columnStep + s * segmentStep + r * runStep]`.
    func pack(
        _ w: TensorView, _ weights: IntegerWeights, first: Int, columnStep: Int, segmentStep: Int, runStep: Int,
        to packed: UnsafeMutableRawPointer
    ) {
        let to = packed.initializeMemory(as: Int8.self, repeating: 0, count: bias)
        let piece = run4 * 4 * nr
        for j in 0..<n {
            let zero = weights.zero(first + j)
            let from = (first + j) * columnStep
            let column = to + j / nr * stride + j % nr * 4
            for s in 0..<segments {
                for r in 0..<run {
                    var v = weight(w, from + s * segmentStep + r * runStep, less: zero)
                    for p in 0..<parts {
                        column[(p * segments + s) * piece + r / 4 * nr * 4 + r % 4] = takePart(&v)
                    }
                }
            }
        }
    }

    /// Lays out bias and multipliers after the weights. The kernels sum a · w, or (a + 128) · w where they take a as
    /// unsigned, and not (a - zero) · w: the bias makes up for it.
    func packBias(
        _ values: UnsafePointer<Int32>?, _ scales: [Float], first: Int, zero: Int32, unsigned: Bool,
        to packed: UnsafeMutableRawPointer
    ) {
        let weights = packed.assumingMemoryBound(to: Int8.self)
        let bias = (packed + bias).assumingMemoryBound(to: Int32.self)
        let scale = (packed + multipliers).assumingMemoryBound(to: Float.self)
        let shift = unsigned ? zero &+ 128 : zero
        for j in 0..<count * nr {
            guard j < n else {
                bias[j] = 0
                scale[j] = 0
                continue
            }
            let column = weights + j / nr * stride + j % nr * 4
            var sum: Int32 = 0
            for i in 0..<parts * segments * run4 { for k in 0..<4 { sum &+= Int32(column[i * nr * 4 + k]) } }
            bias[j] = (values.map { $0[first + j] } ?? 0) &- shift &* sum
            scale[j] = scales.count == 1 ? scales[0] : scales[first + j]
        }
    }
}
