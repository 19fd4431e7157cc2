import CKernels

/// y = saturate(roundHalfEven(x / scale) + zero), one scale and zero point or one of each along an axis.
public final class QuantizeLinear: Op {
    package let scale: ScaleAxis

    package init(_ scale: ScaleAxis) { self.scale = scale }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try require(x.count == 1, .shape, "QuantizeLinear takes one computed input, got \(x.count)")
        try require(x[0].dtype == .f32, .unsupported, "QuantizeLinear of \(x[0].dtype.name)")
        try scale.check(x[0])
        return [TensorType(scale.dtype, x[0].shape)]
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0].f32, frame.y[0].u8)
        let (low, high): (Int32, Int32) = scale.dtype == .u8 ? (0, 255) : (-128, 127)
        let (inner, count) = scale.runs(frame.x[0].shape)
        let part = worker.share(of: frame.x[0].count, grain: 64)
        scale.scales.withUnsafeBufferPointer { scales in
            scale.zeros.withUnsafeBufferPointer { zeros in
                if count == 1 && scale.dtype == .i8 {
                    var call = kn_quantize(
                        count: part.count, x: x + part.lowerBound, scale: scales[0], zero: zeros[0], low: low,
                        high: high,
                        y: frame.y[0].i8 + part.lowerBound)
                    frame.target.kernels.quantize(&call)
                } else if count == 1 {
                    quantize(x, y, part, scales[0], zeros[0], low, high)
                } else if inner == 1 {
                    for i in part {
                        quantize(x, y, i..<i + 1, scales[i % count], zeros[i % count], low, high)
                    }
                } else {
                    var i = part.lowerBound
                    while i < part.upperBound {
                        let c = i / inner % count
                        let end = min((i / inner + 1) * inner, part.upperBound)
                        quantize(x, y, i..<end, scales[c], zeros[c], low, high)
                        i = end
                    }
                }
            }
        }
    }

    @inline(__always)
    private func quantize(
        _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<UInt8>, _ part: Range<Int>, _ scale: Float, _ zero: Int32,
        _ low: Int32, _ high: Int32
    ) {
        for i in part { y[i] = UInt8(bitPattern: Twin.round(x[i] / scale, zero, low, high)) }
    }
}

/// Straight through: dx = dy / scale where x is inside the range, in steps of y.
extension QuantizeLinear: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public var gradientInPlace: Int? { 0 }
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps(inputs: wants[0] ? [0] : []) }

    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        scale.straightThrough(frame, worker) { 1 / $0 }
    }
}

let quantizeLinearEntry = OpEntry(
    ["QuantizeLinear"],
    attributes: ["axis", "saturate", "block_size", "output_dtype", "precision"],
    parameters: [1, 2],
    cases: [
        OpCase(
            "int8", [TensorType(.f32, [2, 5, 7, 3]), TensorType(.f32, []), TensorType(.i8, [])],
            constants: [1: [0.0173], 2: [-11]]),
        OpCase(
            "uint8", [TensorType(.f32, [1000]), TensorType(.f32, []), TensorType(.u8, [])],
            constants: [1: [0.0173], 2: [128]], opset: 10),
        OpCase("no zero point", [TensorType(.f32, [3, 67]), TensorType(.f32, [])], constants: [1: [0.01]]),
        OpCase(
            "by axis", [TensorType(.f32, [2, 9, 5, 4]), TensorType(.f32, [9]), TensorType(.i8, [9])],
            constants: [1: caseScales(9), 2: caseZeros(9)], ["axis": .int(1)]),
        OpCase(
            "by last axis", [TensorType(.f32, [3, 5, 10]), TensorType(.f32, [10]), TensorType(.u8, [10])],
            constants: [1: caseScales(10), 2: caseZeros(10)], ["axis": .int(-1)]),
    ],
    make: { spec throws(KingletError) in
        let named = try spec.attributes.int("output_dtype", 0)
        let wanted = UInt8(exactly: named).flatMap { DType(rawValue: $0) }
        try require(
            named == 0 || wanted == .i8 || wanted == .u8, .unsupported, "output_dtype \(named) is not int8 or uint8")
        let scale = try ScaleAxis(spec, fallback: wanted ?? .u8)
        try require(scale.dtype != .i32, .unsupported, "QuantizeLinear to int32")
        for z in scale.zeros {
            try require(
                scale.dtype == .u8 ? z >= 0 && z <= 255 : z >= -128 && z <= 127, .badFile,
                "zero point \(z) is no \(scale.dtype.name)")
        }
        return QuantizeLinear(scale)
    })
