import Engine
import Testing
import Vision

@Suite struct PixelInputTests {
    private struct Case {
        let color: Preprocess.Color
        let dtype: DType
        let order: AxisOrder
        let size: Size
    }

    private let cases = [Preprocess.Color.rgb, .bgr, .grey].flatMap { color in
        [DType.f32, .u8, .i8].flatMap { dtype in
            [AxisOrder.identity(4), .channelsLast(4)].flatMap { order in
                [Size(5, 4), Size(16, 16)].map { Case(color: color, dtype: dtype, order: order, size: $0) }
            }
        }
    }

    private func setUp(_ c: Case) throws -> (Preprocess, Layout, TensorType) {
        var preprocess = Preprocess()
        preprocess.color = c.color
        let channels = c.color == .grey ? 1 : 3
        preprocess.mean = channels == 3 ? [10, 20, 30] : [7]
        preprocess.std = channels == 3 ? [2, 3, 5] : [0.5]
        // The file's NCHW stored as NHWC, and the file's NCHW stored as it is.
        let type = TensorType(
            c.dtype,
            c.order.isIdentity
                ? [2, channels, c.size.height, c.size.width] : [2, c.size.height, c.size.width, channels])
        return (preprocess, try Layout(type, c.order), type)
    }

    @Test func pixelsBecomeTheInputThatClassifyMakes() throws {
        for c in cases {
            let (preprocess, layout, type) = try setUp(c)
            let (image, input) = (try Image(c.size), try PixelInput(preprocess, layout))
            for p in 0..<image.pixels.bytes { image.u8[p] = UInt8(p * 7 % 256) }
            // Grey cannot be told from colour: all three are the same.
            if c.color == .grey { for p in 0..<image.pixels.bytes { image.u8[p] = UInt8(p / 3 * 7 % 256) } }
            let bytes = type.count * c.dtype.bytes
            let (wanted, got) = (try Storage(bytes: bytes), try Storage(bytes: bytes))
            let picture = try preprocess.picture(image, for: layout)
            for n in 0..<2 { try preprocess.write(picture, to: TensorView(type, wanted.base), layout, sample: n) }
            let channels = layout.channels
            let x = (0..<2 * input.pixels).map { Float(image.u8[$0 % input.pixels / channels * 3 + $0 % channels]) }
            input.write(x, to: got.base, 0..<1)
            input.write(x, to: got.base, 1..<2)
            let same = (0..<bytes).allSatisfy {
                wanted.base.load(fromByteOffset: $0, as: UInt8.self)
                    == got.base.load(fromByteOffset: $0, as: UInt8.self)
            }
            #expect(same, "\(c)")
            #expect(!input.isIdentity)
        }
    }

    /// Σ d · write(x) has the gradient that comes back.
    @Test func gradientsComeBackAsTheyWent() throws {
        for c in cases where c.dtype == .f32 {
            let (preprocess, layout, type) = try setUp(c)
            let input = try PixelInput(preprocess, layout)
            var random = Random(seed: 3)
            let d = (0..<type.count).map { _ in random.uniform(-1, 1) }
            var dp = [Float](repeating: 9, count: type.count)
            input.gradient(d, to: &dp, 0..<2)
            let (x, y) = ([Float](repeating: 100, count: type.count), try Storage(bytes: 4 * type.count))
            func value(_ x: [Float]) -> Double {
                input.write(x, to: y.base, 0..<2)
                let f32 = y.base.assumingMemoryBound(to: Float.self)
                return d.indices.reduce(0) { $0 + Double(d[$1]) * Double(f32[$1]) }
            }
            let still = value(x)
            let worst =
                (0..<type.count).map { i in
                    var moved = x
                    moved[i] += 32
                    return abs((value(moved) - still) / 32 - Double(dp[i]))
                }.max() ?? 1
            #expect(worst < 1e-5, "\(c): \(worst)")
        }
    }

    @Test func rawPixelsNeedNoMoving() throws {
        let layout = try Layout(TensorType(.f32, [1, 8, 8, 3]), .channelsLast(4))
        #expect(try PixelInput(Preprocess(), layout).isIdentity)
    }
}
