import Engine

/// Antialiased bilinear resizing, the same to the bit as Pillow's `Image.resize(size, BILINEAR, box)` of 8-bit pixels
/// (or within one level, where Pillow 13 takes the columns before the rows).
///
/// y[j] = Σ k[j,i] · x[i], k a triangle as wide as two output pixels (two input pixels when enlarging), in 22-bit fixed
/// point; first along rows, rounded to 8 bits, then along columns.
public enum Resample {
    /// The weights of one axis: output `j` is made of inputs `first[j] ..< first[j] + count[j]`.
    struct Axis {
        static let bits: Int32 = 22
        var first: [Int] = []
        var count: [Int] = []
        /// `taps` for each output.
        var weights: [Int32]
        let taps: Int

        /// The same with nothing but the pixels that hold `start ..< start + length`.
        init(_ start: Double, _ length: Double, of inputs: Int, to outputs: Int, _ cut: Bool) {
            let from = cut ? Int(start) : 0
            let to = cut ? min(Int((start + length).rounded(.up)), inputs) : inputs
            self.init(start - Double(from), length, of: to - from, to: outputs)
            if from > 0 { for j in 0..<outputs { first[j] += from } }
        }

        /// From `start ..< start + length` of `inputs` pixels to `outputs` pixels.
        init(_ start: Double, _ length: Double, of inputs: Int, to outputs: Int) {
            let scale = length / Double(outputs)
            let support = max(scale, 1)
            taps = Int(support.rounded(.up)) * 2 + 1
            weights = [Int32](repeating: 0, count: outputs * taps)
            for j in 0..<outputs {
                let center = start + (Double(j) + 0.5) * scale
                // Pillow truncates towards zero here.
                let low = max(Int(center - support + 0.5), 0)
                let high = min(Int(center + support + 0.5), inputs)
                var k = (low..<max(high, low)).map { max(1 - abs((Double($0) - center + 0.5) * (1 / support)), 0) }
                let sum = k.reduce(0, +)
                if sum == 0 { k = [1] }
                first.append(sum == 0 ? min(low, inputs - 1) : low)
                count.append(k.count)
                for (i, w) in k.enumerated() {
                    weights[j * taps + i] = Int32(0.5 + (sum == 0 ? 1 : w / sum) * Double(1 << Axis.bits))
                }
            }
        }

        /// Nothing moves and nothing is blended.
        static func isIdentity(_ start: Double, _ length: Double, of inputs: Int, to outputs: Int) -> Bool {
            start == 0 && length == Double(outputs) && inputs == outputs
        }
    }

    /// The part `box` of `x`, in pixels of `x`, at `size`. Pixels beside the box blend into its edges, unless it is to be
    /// `cut` out first.
    public static func resize(_ x: Image, box: Box, to size: Size, cut: Bool = false) throws(KingletError) -> Image {
        try require(
            box.width > 0 && box.height > 0 && box.x >= 0 && box.y >= 0 && box.x < Double(x.width)
                && box.y < Double(x.height) && box.right <= Double(x.width) + 1
                && box.bottom <= Double(x.height) + 1, .usage, "a box outside the picture was to be resized")
        let still = Axis.isIdentity(box.y, box.height, of: x.height, to: size.height)
        let rows = Axis(box.y, box.height, of: x.height, to: size.height, cut)
        let top = still ? 0 : rows.first[0]
        let bottom = still ? x.height : (0..<size.height).reduce(0) { max($0, rows.first[$1] + rows.count[$1]) }
        var middle = x
        var offset = top
        if !Axis.isIdentity(box.x, box.width, of: x.width, to: size.width) {
            let columns = Axis(box.x, box.width, of: x.width, to: size.width, cut)
            middle = try Image(Size(size.width, bottom - top))
            for row in 0..<bottom - top {
                alongRow(x.u8 + 3 * x.width * (top + row), middle.u8 + 3 * size.width * row, columns, size.width)
            }
            offset = 0
        }
        if still { return middle }
        let y = try Image(size)
        try alongColumns(middle.u8 + 3 * size.width * offset, y, rows, top)
        return y
    }

    private static func alongRow(
        _ x: UnsafePointer<UInt8>, _ y: UnsafeMutablePointer<UInt8>, _ axis: Axis, _ width: Int
    ) {
        axis.weights.withUnsafeBufferPointer { weights in
            for j in 0..<width {
                var from = UnsafeRawPointer(x + 3 * axis.first[j])
                var sum = SIMD4<Int32>(repeating: 1 << (Axis.bits - 1))
                for t in j * axis.taps..<j * axis.taps + axis.count[j] {
                    // The fourth byte belongs to the next pixel, or to the slack of the storage, and is not used.
                    let pixel = from.loadUnaligned(as: SIMD4<UInt8>.self)
                    sum &+= SIMD4<Int32>(truncatingIfNeeded: pixel) &* weights[t]
                    from += 3
                }
                sum &>>= Axis.bits
                y[3 * j] = UInt8(truncatingIfNeeded: sum[0])
                y[3 * j + 1] = UInt8(truncatingIfNeeded: sum[1])
                y[3 * j + 2] = UInt8(truncatingIfNeeded: sum[2])
            }
        }
    }

    /// `x` points at row `top` of the input.
    private static func alongColumns(
        _ x: UnsafePointer<UInt8>, _ y: Image, _ axis: Axis, _ top: Int
    ) throws(KingletError) {
        let bytes = 3 * y.width
        let sums = try Storage(bytes: 4 * bytes)
        let sum = sums.base.assumingMemoryBound(to: Int32.self)
        for row in 0..<y.height {
            for i in 0..<bytes { sum[i] = 1 << (Axis.bits - 1) }
            for t in 0..<axis.count[row] {
                let from = x + bytes * (axis.first[row] + t - top)
                let weight = axis.weights[row * axis.taps + t]
                for i in 0..<bytes { sum[i] &+= Int32(from[i]) &* weight }
            }
            let to = y.u8 + bytes * row
            for i in 0..<bytes { to[i] = UInt8(truncatingIfNeeded: sum[i] &>> Axis.bits) }
        }
    }
}
