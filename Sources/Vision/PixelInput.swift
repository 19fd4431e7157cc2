import Engine

/// Between pixels and a model's input: floats 0 … 255 [batch, height, width, channels], red before green and blue, and the
/// input as its layout stores it, x = (pixel − mean) / std, in the model's order of colours.
public struct PixelInput: Sendable {
    public let layout: Layout
    /// One for each channel, in the model's order.
    private let mean: [Float]
    private let std: [Float]
    private let reversed: Bool
    /// 24 floats, which is whole pixels of 1 or 3 channels and whole vectors.
    private let means: InlineArray<3, SIMD8<Float>>
    private let stds: InlineArray<3, SIMD8<Float>>

    public init(_ preprocess: Preprocess, _ layout: Layout) throws(KingletError) {
        try preprocess.check(layout)
        self.layout = layout
        func each(_ list: [Float]) -> [Float] {
            list.count == 1 ? [Float](repeating: list[0], count: layout.channels) : list
        }
        (mean, std) = (each(preprocess.mean), each(preprocess.std))
        reversed = preprocess.color == .bgr
        var (means, stds) = (
            InlineArray<3, SIMD8<Float>>(repeating: .zero), InlineArray<3, SIMD8<Float>>(repeating: .zero)
        )
        for i in 0..<24 {
            means[i / 8][i % 8] = mean[i % layout.channels]
            stds[i / 8][i % 8] = std[i % layout.channels]
        }
        (self.means, self.stds) = (means, stds)
    }

    /// Floats of one picture.
    public var pixels: Int { layout.size.count * layout.channels }

    /// Pixels and input are the same bytes.
    public var isIdentity: Bool {
        layout.dtype == .f32 && isPlain && mean.allSatisfy { $0 == 0 } && std.allSatisfy { $0 == 1 }
    }

    /// The input lies in the order of the pixels.
    private var isPlain: Bool {
        !reversed && layout.channel == 1 && layout.column == layout.channels
            && layout.row == layout.size.width * layout.channels && layout.sample == pixels
    }

    /// Samples `samples` of pixels x to the input at y. A byte input takes the nearest of 256 levels.
    public func write(_ x: UnsafePointer<Float>, to y: UnsafeMutableRawPointer, _ samples: Range<Int>) {
        switch layout.dtype {
        case .f32:
            let y = y.assumingMemoryBound(to: Float.self)
            if isPlain {
                let first = samples.lowerBound * pixels
                normalise(x + first, y + first, samples.count * pixels)
            } else {
                move(samples) { from, to, c in y[to] = (x[from] - mean[c]) / std[c] }
            }
        default:
            let y = y.assumingMemoryBound(to: UInt8.self)
            let flip: UInt8 = layout.dtype == .i8 ? 0x80 : 0
            move(samples) { from, to, _ in y[to] = UInt8(min(max(x[from], 0), 255) + 0.5) ^ flip }
        }
    }

    /// The way back: ∂/∂pixel = ∂/∂x / std, from gradients dx of the input, floats laid out like it, to dp.
    public func gradient(_ dx: UnsafePointer<Float>, to dp: UnsafeMutablePointer<Float>, _ samples: Range<Int>) {
        if isPlain && layout.dtype == .f32 {
            let first = samples.lowerBound * pixels
            divide(dx + first, dp + first, samples.count * pixels)
        } else if layout.dtype == .f32 {
            move(samples) { to, from, c in dp[to] = dx[from] / std[c] }
        } else {
            // Straight through the rounding.
            move(samples) { to, from, _ in dp[to] = dx[from] }
        }
    }

    /// Calls `body` with a pixel's place, its place in the input and its channel there.
    @inline(__always)
    private func move(_ samples: Range<Int>, _ body: (Int, Int, Int) -> Void) {
        for n in samples {
            for r in 0..<layout.size.height {
                let from = (n * layout.size.height + r) * layout.size.width * layout.channels
                let to = n * layout.sample + r * layout.row
                for k in 0..<layout.size.width {
                    for c in 0..<layout.channels {
                        body(
                            from + k * layout.channels + (reversed ? 2 - c : c),
                            to + k * layout.column + c * layout.channel, c)
                    }
                }
            }
        }
    }

    /// y = (x − mean) / std
    private func normalise(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int) {
        let (from, to) = (UnsafeRawPointer(x), UnsafeMutableRawPointer(y))
        var i = 0
        while i + 24 <= count {
            for v in 0..<3 {
                let value = from.loadUnaligned(fromByteOffset: 4 * i + 32 * v, as: SIMD8<Float>.self)
                to.storeBytes(of: (value - means[v]) / stds[v], toByteOffset: 4 * i + 32 * v, as: SIMD8<Float>.self)
            }
            i += 24
        }
        while i < count {
            y[i] = (x[i] - mean[i % layout.channels]) / std[i % layout.channels]
            i += 1
        }
    }

    /// y = x / std
    private func divide(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int) {
        let (from, to) = (UnsafeRawPointer(x), UnsafeMutableRawPointer(y))
        var i = 0
        while i + 24 <= count {
            for v in 0..<3 {
                let value = from.loadUnaligned(fromByteOffset: 4 * i + 32 * v, as: SIMD8<Float>.self)
                to.storeBytes(of: value / stds[v], toByteOffset: 4 * i + 32 * v, as: SIMD8<Float>.self)
            }
            i += 24
        }
        while i < count {
            y[i] = x[i] / std[i % layout.channels]
            i += 1
        }
    }
}
