/// y = f(a, b), element by element, with broadcasting; then limited to low ... high. Min, Max and Sum take any number of inputs.
public final class Binary: Op {
    public enum Kind: Sendable { case add, sub, mul, div, min, max, pow, prelu }

    public let kind: Kind
    /// Limits of a fused activation; floats only.
    public let low: Float
    public let high: Float
    private let most: Int

    /// `inputs`: the largest number of inputs.
    public init(_ kind: Kind, low: Float = -.infinity, high: Float = .infinity, inputs most: Int = 2) {
        self.kind = kind
        self.low = low
        self.high = high
        self.most = most
    }

    // With a third input, input 0 may be read again after y is written.
    public var inPlace: Bool { most <= 2 }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        let name = kind.name
        try checkCount(x, most == 2 ? 2...2 : 1...max(most, 1), name)
        let float = kind == .pow || kind == .prelu
        try checkType(x[0], float ? [.f32] : [.f32, .i64, .i32, .i8, .u8], name)
        for other in x where other.dtype != x[0].dtype {
            throw KingletError(.unsupported, "\(name) of \(x[0].dtype.name) and \(other.dtype.name)")
        }
        let shape = try broadcastShape(x, name)
        try require(kind != .prelu || shape == x[0].shape, .shape, "PRelu with a slope larger than its input")
        return [TensorType(x[0].dtype, shape)]
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        // Every pass keeps to this worker's elements, so passes need no barrier between them.
        let (y, first) = (frame.y[0], frame.x[0])
        if frame.x.count == 1 {
            return Walk.broadcast(first.shape, to: y.shape).copy(first.base, y.base, bytes: y.type.dtype.bytes, worker)
        }
        for k in 1..<frame.x.count {
            let (a, b) = (k == 1 ? first : y, frame.x[k])
            let walk = Walk.broadcast(a.shape, b.shape, to: y.shape)
            let range = worker.share(of: walk.count, grain: 64)
            switch y.type.dtype {
            case .i64: integers(walk, range, a.i64, b.i64, y.i64)
            case .i32: integers(walk, range, a.i32, b.i32, y.i32)
            case .i8: integers(walk, range, a.i8, b.i8, y.i8)
            case .u8: integers(walk, range, a.u8, b.u8, y.u8)
            default: floats(walk, range, a.f32, b.f32, y.f32, frame.target.kernels)
            }
        }
    }
}

extension Binary.Kind {
    var name: String {
        switch self {
        case .add: "Add"
        case .sub: "Sub"
        case .mul: "Mul"
        case .div: "Div"
        case .min: "Min"
        case .max: "Max"
        case .pow: "Pow"
        case .prelu: "PRelu"
        }
    }
}

private func pair(_ a: [Int], _ b: [Int], _ dtype: DType, _ name: String) -> OpCase {
    OpCase(name, [TensorType(dtype, a), TensorType(dtype, b)])
}

private let cases = [
    pair([2, 5, 7, 19], [2, 5, 7, 19], .f32, "equal shapes"),
    pair([2, 5, 7, 19], [1, 1, 1, 19], .f32, "per channel"),
    pair([2, 5, 7, 19], [19], .f32, "per channel, rank 1"),
    pair([2, 5, 7, 19], [2, 1, 1, 19], .f32, "per image and channel"),
    pair([2, 5, 7, 3], [], .f32, "scalar"),
    pair([1], [100], .f32, "scalar first"),
    pair([4, 1, 5, 1], [3, 1, 6], .f32, "both broadcast"),
    pair([4, 9, 1], [4, 9, 33], .f32, "last axis broadcast"),
    pair([0, 3], [1, 3], .f32, "empty"),
]

private let integerCases = [
    pair([3, 4], [4], .i64, "int64"),
    pair([1], [1], .i32, "int32"),
    pair([5, 7], [5, 1], .i8, "int8"),
    pair([65], [65], .u8, "uint8"),
]

private func two(_ kind: Binary.Kind, _ cases: [OpCase]) -> OpEntry {
    OpEntry([kind.name], cases: cases) { _ throws(KingletError) in Binary(kind) }
}

private func many(_ name: String, _ kind: Binary.Kind) -> OpEntry {
    let three = OpCase(
        "three inputs", [TensorType(.f32, [4, 1, 9]), TensorType(.f32, [3, 1]), TensorType(.f32, [2, 1, 1, 9])])
    let one = OpCase("one input", [TensorType(.f32, [3, 5])])
    return OpEntry([name], cases: cases + integerCases + [one, three]) { spec throws(KingletError) in
        Binary(kind, inputs: spec.inputs.count)
    }
}

let binaryEntries = [
    two(.add, cases + integerCases), two(.sub, cases + integerCases), two(.mul, cases + integerCases),
    two(.div, cases + integerCases), two(.pow, cases),
    two(
        .prelu,
        cases.filter { $0.name != "scalar first" && $0.name != "both broadcast" && $0.name != "last axis broadcast" }),
    many("Min", .min), many("Max", .max), many("Sum", .add),
]
