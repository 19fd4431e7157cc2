import CKernels
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
            try alongRows(x.u8 + 3 * x.width * top, x.width, middle, columns)
            offset = 0
        }
        if still { return middle }
        let y = try Image(size)
        alongColumns(middle.u8 + 3 * size.width * offset, y, rows, top)
        return y
    }

    /// `x` points at the first of as many rows as `y` has, `width` pixels apart.
    private static func alongRows(
        _ x: UnsafePointer<UInt8>, _ width: Int, _ y: Image, _ axis: Axis
    ) throws(KingletError) {
        let room = try Storage(bytes: 16 * y.width * ((axis.taps + 3) / 4))
        axis.weights.withUnsafeBufferPointer { weights in
            axis.first.withUnsafeBufferPointer { first in
                axis.count.withUnsafeBufferPointer { count in
                    guard let weights = weights.baseAddress, let first = first.baseAddress,
                        let count = count.baseAddress
                    else { return }
                    var call = kn_resample_row(
                        rows: y.height, columns: y.width, x: x, x_stride: 3 * width, first: first, count: count,
                        taps: axis.taps, weights: weights, room: room.base, y: y.u8, y_stride: 3 * y.width)
                    Kernels.best.resample(&call)
                }
            }
        }
    }

    /// `x` points at row `top` of the input.
    private static func alongColumns(_ x: UnsafePointer<UInt8>, _ y: Image, _ axis: Axis, _ top: Int) {
        let bytes = 3 * y.width
        let kernels = Kernels.best
        axis.weights.withUnsafeBufferPointer { weights in
            guard let weights = weights.baseAddress else { return }
            for row in 0..<y.height {
                var call = kn_resample_column(
                    bytes: bytes, count: axis.count[row], x: x + bytes * (axis.first[row] - top), x_stride: bytes,
                    weights: weights + row * axis.taps, y: y.u8 + bytes * row)
                kernels.resample(&call)
            }
        }
    }
}
