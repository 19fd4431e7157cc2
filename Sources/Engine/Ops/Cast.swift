/// y = x as another element type. Floats are cut towards zero and limited to the integer's range, NaN becomes 0;
/// integers wrap around; bool is x != 0.
public final class Cast: Op {
    public let dtype: DType

    public init(to dtype: DType) { self.dtype = dtype }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "Cast")
        return [TensorType(dtype, x[0].shape)]
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0], frame.y[0])
        if x.type.dtype == dtype { return copyBytes(x, y, worker) }
        let range = worker.share(of: x.count, grain: 64)
        switch x.type.dtype {
        case .f32: fromFloat(x.f32, y, range)
        case .f64: fromFloat(x.base.assumingMemoryBound(to: Double.self), y, range)
        case .i64: fromInteger(x.i64, y, range)
        case .i32: fromInteger(x.i32, y, range)
        case .i8: fromInteger(x.i8, y, range)
        case .u8, .bool: fromInteger(x.u8, y, range)
        }
    }

    @inline(__always)
    private func fromFloat<T: BinaryFloatingPoint>(_ x: UnsafePointer<T>, _ y: TensorView, _ range: Range<Int>) {
        switch dtype {
        case .f32: for i in range { y.f32[i] = Float(x[i]) }
        case .f64: for i in range { y.base.assumingMemoryBound(to: Double.self)[i] = Double(x[i]) }
        case .i64: for i in range { y.i64[i] = limited(x[i]) }
        case .i32: for i in range { y.i32[i] = limited(x[i]) }
        case .i8: for i in range { y.i8[i] = limited(x[i]) }
        case .u8: for i in range { y.u8[i] = limited(x[i]) }
        case .bool: for i in range { y.u8[i] = x[i] != 0 ? 1 : 0 }
        }
    }

    @inline(__always)
    private func fromInteger<T: FixedWidthInteger>(_ x: UnsafePointer<T>, _ y: TensorView, _ range: Range<Int>) {
        switch dtype {
        case .f32: for i in range { y.f32[i] = Float(x[i]) }
        case .f64: for i in range { y.base.assumingMemoryBound(to: Double.self)[i] = Double(x[i]) }
        case .i64: for i in range { y.i64[i] = Int64(truncatingIfNeeded: x[i]) }
        case .i32: for i in range { y.i32[i] = Int32(truncatingIfNeeded: x[i]) }
        case .i8: for i in range { y.i8[i] = Int8(truncatingIfNeeded: x[i]) }
        case .u8: for i in range { y.u8[i] = UInt8(truncatingIfNeeded: x[i]) }
        case .bool: for i in range { y.u8[i] = x[i] != 0 ? 1 : 0 }
        }
    }
}

/// Between floats gradients pass as they are; there are none of an integer.
extension Cast: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { dtype == .f32 || dtype == .f64 ? self : nil }
    public var gradientInPlace: Int? { 0 }
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps() }
    public func backward(_ frame: BackwardFrame, _ worker: Worker) { carryBytes(frame, worker) }
}

@inline(__always)
private func limited<T: BinaryFloatingPoint, I: FixedWidthInteger>(_ x: T) -> I {
    if x != x { return 0 }
    // Rounded to T the largest integer may lie one above it, hence >=.
    if x >= T(I.max) { return I.max }
    return x <= T(I.min) ? I.min : I(x)
}

let castEntry = OpEntry(
    ["Cast"], attributes: ["to", "saturate", "round_mode"],
    cases: [
        OpCase("float to int64", [TensorType(.f32, [40])], ["to": .int(7)]),
        OpCase("float to uint8", [TensorType(.f32, [40])], ["to": .int(2)]),
        OpCase("int64 to float", [TensorType(.i64, [40])], ["to": .int(1)]),
        OpCase("uint8 to float", [TensorType(.u8, [2, 5, 5, 3])], ["to": .int(1)]),
        OpCase("int32 to bool", [TensorType(.i32, [40])], ["to": .int(9)]),
        OpCase("int64 to int32", [TensorType(.i64, [40])], ["to": .int(6)]),
        OpCase("float to double", [TensorType(.f32, [40])], ["to": .int(11)]),
        OpCase("same", [TensorType(.f32, [40])], ["to": .int(1)]),
    ],
    make: { spec throws(KingletError) in
        let to = try spec.attributes.int("to", 0)
        guard let raw = UInt8(exactly: to), let dtype = DType(rawValue: raw) else {
            throw KingletError(.unsupported, "Cast to element type \(to)")
        }
        return Cast(to: dtype)
    })
