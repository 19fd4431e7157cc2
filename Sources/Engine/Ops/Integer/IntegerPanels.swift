/// How quantized weights b[segments · run, n] are laid out for the tiles: panels of `nr` columns, each
/// [parts · segments, run4, nr, 4] int8 with zeros past the run and past column n; then for all panels an int32 bias and
/// a float multiplier per column, and whether a weight is -128.
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
    /// Where it says whether a weight is -128.
    var least: Int { multipliers + count * nr * 4 }
    var bytes: Int { least + 4 }

    /// Lays out the weights: element r of segment s of column j is
    /// `w[(first + j) * columnStep + s * segmentStep + r * runStep]`; and the sum of every column in place of its bias.
    func pack(
        _ w: TensorView, _ weights: IntegerWeights, first: Int, columnStep: Int, segmentStep: Int, runStep: Int,
        to packed: UnsafeMutableRawPointer
    ) {
        let to = packed.initializeMemory(as: Int8.self, repeating: 0, count: bias)
        let sums = (packed + bias).initializeMemory(as: Int32.self, repeating: 0, count: count * nr)
        let piece = run4 * 4 * nr
        for j in 0..<n {
            let zero = weights.zero(first + j)
            let column = to + j / nr * stride + j % nr * 4
            for s in 0..<segments {
                let from = (first + j) * columnStep + s * segmentStep
                if w.type.dtype == .i8 && zero == 0 && runStep == 1 {
                    sums[j] &+= copy(w.i8 + from, to: column + s * piece)
                    continue
                }
                for r in 0..<run {
                    var v = weight(w, from + r * runStep, less: zero)
                    sums[j] &+= v
                    for p in 0..<parts {
                        column[(p * segments + s) * piece + r / 4 * nr * 4 + r % 4] = takePart(&v)
                    }
                }
            }
        }
        var has: Int32 = 0
        for i in 0..<bias where to[i] == -128 { has = 1 }
        packed.storeBytes(of: has, toByteOffset: least, as: Int32.self)
    }

    /// One run of weights that are int8 already, to groups of 4; their sum.
    private func copy(_ from: UnsafePointer<Int8>, to: UnsafeMutablePointer<Int8>) -> Int32 {
        var sum: Int32 = 0
        for r in 0..<run { sum &+= Int32(from[r]) }
        for k in 0..<run / 4 {
            let group = UnsafeRawPointer(from + 4 * k).loadUnaligned(as: UInt32.self)
            UnsafeMutableRawPointer(to + k * nr * 4).storeBytes(of: group, as: UInt32.self)
        }
        for r in run / 4 * 4..<run { to[r / 4 * nr * 4 + r % 4] = from[r] }
        return sum
    }

    /// Lays out bias and multipliers after the weights. The kernels sum a · w, or (a + 128) · w where they take a as
    /// unsigned, and not (a - zero) · w: the bias makes up for it.
    func packBias(
        _ values: UnsafePointer<Int32>?, _ scales: [Float], first: Int, zero: Int32, unsigned: Bool,
        to packed: UnsafeMutableRawPointer
    ) {
        let bias = (packed + bias).assumingMemoryBound(to: Int32.self)
        let scale = (packed + multipliers).initializeMemory(as: Float.self, repeating: 0, count: count * nr)
        let shift = unsigned ? zero &+ 128 : zero
        for j in 0..<n {
            bias[j] = (values.map { $0[first + j] } ?? 0) &- shift &* bias[j]
            scale[j] = scales.count == 1 ? scales[0] : scales[first + j]
        }
    }
}
