/// real = scale · (q - zero) with q in int8: how a whole tensor is quantized.
public struct Quantization: Sendable, Equatable {
    public let scale: Float
    public let zero: Int32

    public init(scale: Float, zero: Int32) {
        self.scale = scale
        self.zero = zero
    }

    /// saturate(roundHalfEven(v / scale) + zero).
    public func quantize(_ v: Float) -> Int32 { Int32(Twin.round(v / scale, zero, -128, 127)) }
}

/// Scales and zero points along one stored axis; `count` 1 holds for the whole tensor.
package struct ScaleAxis: Sendable, Equatable {
    package let scales: [Float]
    package let zeros: [Int32]
    /// Type of the quantized side.
    package let dtype: DType
    /// Stored axis that the scales run along; nil for one scale.
    package let axis: Int?

    package init(scales: [Float], zeros: [Int32], dtype: DType, axis: Int?) {
        self.scales = scales
        self.zeros = zeros
        self.dtype = dtype
        self.axis = axis
    }

    /// From the parameters and attributes of QuantizeLinear or DequantizeLinear; without a zero point it is 0 of `fallback`.
    init(_ spec: OpSpec, fallback: DType) throws(KingletError) {
        guard let scale = try spec.constant(1, "scale") else { throw KingletError(.badFile, "the scale is missing") }
        let zero = try spec.constant(2, "zero_point")
        let block = try spec.attributes.int("block_size", 0)
        try require(block == 0, .unsupported, "block_size \(block): blocked quantization is not supported")
        try require(scale.type.dtype == .f32, .unsupported, "the scale is \(scale.type.dtype.name), wanted float32")
        try require(scale.type.rank <= 1 && scale.count >= 1, .unsupported, "the scale is \(scale.type.description)")
        if let zero {
            try require(
                zero.count == scale.count, .shape,
                "\(scale.count) scales with \(zero.count) zero points")
        }
        dtype = zero?.type.dtype ?? fallback
        try require(
            dtype == .i8 || dtype == .u8 || dtype == .i32, .unsupported,
            "quantization to \(dtype.name) is not supported")
        scales = scale.floats
        for s in scales { try require(s.isFinite && s > 0, .badFile, "scale \(s) is not a positive number") }
        zeros = zero.map { $0.ints.map { Int32(truncatingIfNeeded: $0) } } ?? scales.map { _ in 0 }
        axis = scales.count == 1 ? nil : try spec.storedAxis(try spec.attributes.int("axis", 1))
    }

    /// The scale and zero point of the whole tensor; nil if there are several.
    package var single: Quantization? {
        axis == nil ? Quantization(scale: scales[0], zero: zeros[0]) : nil
    }

    func check(_ x: TensorType) throws(KingletError) {
        guard let axis else { return }
        try require(
            axis < x.rank && x.shape[axis] == scales.count, .shape,
            "\(scales.count) scales along axis \(axis) of \(x.description)")
    }

    /// Elements that share one scale in a row, and the number of scales.
    package func runs(_ shape: [Int]) -> (inner: Int, count: Int) {
        guard let axis else { return (max(shape.reduce(1, *), 1), 1) }
        var inner = 1
        for d in shape[(axis + 1)...] { inner *= d }
        return (max(inner, 1), scales.count)
    }
}

/// The values of `cases` of QuantizeLinear and DequantizeLinear: scales and zero points for `n` channels.
func caseScales(_ n: Int) -> [Float] { (0..<n).map { 0.02 + 0.01 * Float($0 % 7) } }
func caseZeros(_ n: Int) -> [Float] { (0..<n).map { Float($0 * 5 % 21) } }
