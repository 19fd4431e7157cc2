import CKernels

/// y = (x - zero) · scale, one scale and zero point or one of each along an axis.
public final class DequantizeLinear: Op {
    package let scale: ScaleAxis

    package init(_ scale: ScaleAxis) { self.scale = scale }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try require(x.count == 1, .shape, "DequantizeLinear takes one computed input, got \(x.count)")
        try require(
            x[0].dtype == scale.dtype, .shape, "the input is \(x[0].dtype.name), the zero point \(scale.dtype.name)")
        try scale.check(x[0])
        return [TensorType(.f32, x[0].shape)]
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let x = frame.x[0]
        switch x.type.dtype {
        case .i8: run(x.i8, frame, worker)
        case .u8: run(x.u8, frame, worker)
        default: run(x.i32, frame, worker)
        }
    }

    @inline(__always)
    private func run<T: FixedWidthInteger>(_ x: UnsafePointer<T>, _ frame: Frame, _ worker: Worker) {
        let y = frame.y[0].f32
        let (inner, count) = scale.runs(frame.x[0].shape)
        let part = worker.share(of: frame.x[0].count, grain: 64)
        scale.scales.withUnsafeBufferPointer { scales in
            scale.zeros.withUnsafeBufferPointer { zeros in
                if count == 1 && scale.dtype == .i8 {
                    var call = kn_dequantize(
                        count: part.count, x: frame.x[0].i8 + part.lowerBound, scale: scales[0], zero: zeros[0],
                        y: y + part.lowerBound)
                    frame.target.kernels.dequantize(&call)
                } else if count == 1 {
                    let (s, z) = (scales[0], zeros[0])
                    for i in part { y[i] = Float(Int32(truncatingIfNeeded: x[i]) &- z) * s }
                } else {
                    var i = part.lowerBound
                    while i < part.upperBound {
                        let c = i / inner % count
                        let end = min((i / inner + 1) * inner, part.upperBound)
                        let (s, z) = (scales[c], zeros[c])
                        for j in i..<end { y[j] = Float(Int32(truncatingIfNeeded: x[j]) &- z) * s }
                        i = end
                    }
                }
            }
        }
    }
}

/// dx = scale · dy, in steps of x.
extension DequantizeLinear: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public var gradientInPlace: Int? { 0 }
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps() }

    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        guard let view = frame.dx[0] else { return }
        let (dy, dx, adds) = (frame.dy[0].f32, view.f32, frame.adds[0])
        scale.runs(view.shape, worker) { run, scale, _ in
            for i in run { dx[i] = adds ? dx[i] + dy[i] * scale : dy[i] * scale }
        }
    }
}

let dequantizeLinearEntry = OpEntry(
    ["DequantizeLinear"],
    attributes: ["axis", "block_size", "output_dtype"],
    parameters: [1, 2],
    cases: [
        OpCase(
            "int8", [TensorType(.i8, [2, 5, 7, 3]), TensorType(.f32, []), TensorType(.i8, [])],
            constants: [1: [0.0173], 2: [-11]]),
        OpCase(
            "uint8", [TensorType(.u8, [1000]), TensorType(.f32, []), TensorType(.u8, [])],
            constants: [1: [0.0173], 2: [128]], opset: 10),
        OpCase("no zero point", [TensorType(.i8, [3, 67]), TensorType(.f32, [])], constants: [1: [0.01]]),
        OpCase(
            "bias", [TensorType(.i32, [9]), TensorType(.f32, [9]), TensorType(.i32, [9])],
            constants: [1: caseScales(9), 2: [Float](repeating: 0, count: 9)], ["axis": .int(0)]),
        OpCase(
            "weights", [TensorType(.i8, [9, 3, 3, 4]), TensorType(.f32, [9]), TensorType(.i8, [9])],
            constants: [1: caseScales(9), 2: caseZeros(9)], ["axis": .int(0)]),
        OpCase(
            "by last axis", [TensorType(.u8, [3, 5, 10]), TensorType(.f32, [10]), TensorType(.u8, [10])],
            constants: [1: caseScales(10), 2: caseZeros(10)], ["axis": .int(-1)]),
    ],
    make: { spec throws(KingletError) in
        let named = try spec.attributes.int("output_dtype", 0)
        try require(named == 0 || named == 1, .unsupported, "output_dtype \(named) is not float32")
        return DequantizeLinear(try ScaleAxis(spec, fallback: (spec.inputs.first ?? nil)?.dtype ?? .i8))
    })
