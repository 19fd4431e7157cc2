import CKernels

/// y = min(max(x, low), high).
public final class Clip: Op {
    public let low: Float
    public let high: Float
    private let integers: ClosedRange<Int>

    public init(low: Float, high: Float) {
        (self.low, self.high) = (low, high)
        integers = Int.min...Int.max
    }

    /// Limits as tensors of the input's type; nil for none.
    init(low: Tensor?, high: Tensor?) {
        self.low = low?.float(0) ?? -.infinity
        self.high = high?.float(0) ?? .infinity
        // Where low exceeds high the result is high.
        let top = high?.int(0) ?? Int.max
        integers = min(low?.int(0) ?? Int.min, top)...top
    }

    public var inPlace: Bool { true }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "Clip")
        try checkType(x[0], [.f32, .i8, .u8, .i32, .i64], "Clip")
        return x
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0], frame.y[0])
        let range = worker.share(of: x.count, grain: 64)
        switch x.type.dtype {
        case .i8: clip(x.i8, y.i8, range)
        case .u8: clip(x.u8, y.u8, range)
        case .i32: clip(x.i32, y.i32, range)
        case .i64: clip(x.i64, y.i64, range)
        default:
            let kernels = frame.target.kernels
            if kernels.table.clamp_f32 != nil {
                let (first, n) = (range.lowerBound, range.count)
                var t = kn_clamp_f32(count: n, x: x.f32 + first, low: low, high: high, y: y.f32 + first)
                return kernels.clamp(&t)
            }
            let (low, high) = (F8(repeating: low), F8(repeating: high))
            @inline(__always) func f(_ v: F8) -> F8 { clamp(v, low, high) }
            map(x.f32, y.f32, range, f)
        }
    }

    @inline(__always)
    private func clip<T: FixedWidthInteger>(_ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ range: Range<Int>) {
        let (low, high) = (T(clamping: integers.lowerBound), T(clamping: integers.upperBound))
        for i in range { y[i] = x[i] < low ? low : x[i] > high ? high : x[i] }
    }
}

extension Clip: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public var gradientInPlace: Int? { 0 }

    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps(outputs: wants[0] ? [0] : []) }

    /// dx = dy where low < y < high.
    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        let (low, high, zero) = (F8(repeating: low), F8(repeating: high), F8(repeating: 0))
        @inline(__always) func f(_ dy: F8, _ y: F8) -> F8 {
            dy.replacing(with: zero, where: (y .<= low) .| (y .>= high))
        }
        carry(frame.y[0].f32, frame, worker, f)
    }
}

let clipEntry = OpEntry(
    ["Clip"], attributes: ["min", "max"], parameters: [1, 2],
    cases: [
        OpCase(
            "relu6", [TensorType(.f32, [2, 5, 7, 3]), TensorType(.f32, []), TensorType(.f32, [])],
            constants: [1: [0], 2: [6]]),
        OpCase("low only", [TensorType(.f32, [77]), TensorType(.f32, [])], constants: [1: [-0.5]]),
        OpCase("attributes", [TensorType(.f32, [77])], ["min": .float(-1), "max": .float(0.5)], opset: 6),
        OpCase(
            "low above high", [TensorType(.f32, [9]), TensorType(.f32, []), TensorType(.f32, [])],
            constants: [1: [2], 2: [1]]),
        OpCase(
            "int8", [TensorType(.i8, [100]), TensorType(.i8, []), TensorType(.i8, [])], constants: [1: [-100], 2: [50]]),
        OpCase("int64", [TensorType(.i64, [3]), TensorType(.i64, [])], constants: [1: [1]]),
    ],
    make: { spec throws(KingletError) in
        if spec.opset < 11 {
            return Clip(
                low: try spec.attributes.float("min", -Float.greatestFiniteMagnitude),
                high: try spec.attributes.float("max", Float.greatestFiniteMagnitude))
        }
        for name in ["min", "max"] where spec.attributes[name] != nil {
            throw KingletError(.badFile, "attribute '\(name)' in opset \(spec.opset)")
        }
        let (low, high) = (try spec.constant(1, "min"), try spec.constant(2, "max"))
        let dtype = try spec.first("Clip").dtype
        for limit in [low, high] {
            guard let limit else { continue }
            try require(
                limit.count == 1 && limit.type.dtype == dtype, .shape, "a limit of Clip is \(limit.type.description)")
        }
        return Clip(low: low, high: high)
    })
