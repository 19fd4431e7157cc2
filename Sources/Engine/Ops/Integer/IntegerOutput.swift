/// What becomes of an int32 sum: clamp(roundHalfEven(float(sum) · m) + zero, low, high) as int8, or float(sum) · m.
public struct IntegerOutput: Sendable, Equatable {
    public let dtype: DType
    public let zero: Int32
    public let low: Int32
    public let high: Int32

    /// int8 of `quantization`, of values kept in `low ... high` before they are rounded.
    public init(_ quantization: Quantization, low: Float = -.infinity, high: Float = .infinity) {
        dtype = .i8
        zero = quantization.zero
        self.low = quantization.quantize(low)
        self.high = quantization.quantize(high)
    }

    private init() { (dtype, zero, low, high) = (.f32, 0, -128, 127) }
    public static let float = IntegerOutput()
}

/// A quantized matrix or set of filters for integer products, beside its bytes: see `IntegerConv`.
public struct IntegerWeights: Sendable {
    /// Zero points, one or one for each output channel.
    public let zeros: [Int32]
    /// How many int8 values sum to w - zero: 1 unless the difference leaves int8 (uint8 weights, or a zero point).
    public let parts: Int

    public init(zeros: [Int32] = [0], parts: Int = 1) {
        self.zeros = zeros
        self.parts = parts
    }

    /// For the weights in `w` with `zeros` along axis `axis`.
    public init(_ w: Tensor, zeros: [Int32], axis: Int) {
        self.zeros = zeros
        if w.type.dtype == .i8 && zeros.allSatisfy({ $0 == 0 }) {
            parts = 1
            return
        }
        var inner = 1
        for d in w.shape[(axis + 1)...] { inner *= d }
        var (least, most): (Int32, Int32) = (0, 0)
        for i in 0..<w.count {
            let v = Int32(w.int(i)) - zeros[zeros.count == 1 ? 0 : i / inner % zeros.count]
            least = min(least, v)
            most = max(most, v)
        }
        parts = max((Int(most) + 126) / 127, (127 - Int(least)) / 128, 1)
    }

    @inline(__always)
    func zero(_ o: Int) -> Int32 { zeros.count == 1 ? zeros[0] : zeros[o] }
}

/// Element `i` of int8 or uint8 weights, less the zero point.
@inline(__always)
func weight(_ w: TensorView, _ i: Int, less zero: Int32) -> Int32 {
    (w.type.dtype == .u8 ? Int32(w.u8[i]) : Int32(w.i8[i])) &- zero
}

/// The int8 value that takes the most off `v`.
@inline(__always)
func takePart(_ v: inout Int32) -> Int8 {
    let part = v < -128 ? -128 : v > 127 ? 127 : v
    v &-= part
    return Int8(truncatingIfNeeded: part)
}
