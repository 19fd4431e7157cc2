/// y = the mean, sum, product, maximum or minimum of x over some axes, which stay as 1 or go: ReduceMean and its kin,
/// GlobalAveragePool, GlobalMaxPool.
public final class Reduce: Op {
    public enum Kind: Sendable { case mean, sum, prod, max, min }

    public let kind: Kind
    public let axes: [Int]
    public let keepDims: Bool

    public init(_ kind: Kind, axes: [Int], keepDims: Bool = true) {
        self.kind = kind
        self.axes = axes.sorted()
        self.keepDims = keepDims
    }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "Reduce")
        try checkType(
            x[0], kind == .max || kind == .min ? [.f32, .i64, .i32, .i8, .u8] : [.f32, .i64, .i32], "Reduce")
        try checkRank(x[0].shape, "Reduce")
        var shape: [Int] = []
        for (k, d) in x[0].shape.enumerated() {
            if !axes.contains(k) { shape.append(d) } else if keepDims { shape.append(1) }
        }
        for k in axes {
            try require(k >= 0 && k < x[0].rank, .shape, "Reduce over axis \(k) of \(x[0].description)")
            try require(
                x[0].shape[k] > 0 || x[0].count != 0 || kind == .sum || kind == .prod || shape.contains(0), .shape,
                "Reduce over the empty axis \(k) of \(x[0].description)")
        }
        return [TensorType(x[0].dtype, shape)]
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0], frame.y[0])
        let parts = Reduction(x.shape, axes)
        let range = worker.share(of: parts.kept.count, grain: 16)
        switch x.type.dtype {
        case .i64: integers(parts, range, x.i64, y.i64)
        case .i32: integers(parts, range, x.i32, y.i32)
        case .i8: integers(parts, range, x.i8, y.i8)
        case .u8: integers(parts, range, x.u8, y.u8)
        default: floats(parts, range, x.f32, y.f32)
        }
    }
}

private let image = TensorType(.f32, [2, 7, 5, 19])

/// The axes of a reduction, as attribute or input.
private func entry(
    _ name: String, _ kind: Reduce.Kind, inputSince opset: Int, _ image: TensorType = image
) -> OpEntry {
    OpEntry(
        [name], attributes: ["axes", "keepdims", "noop_with_empty_axes"], parameters: [1],
        cases: [
            OpCase("image", [image, TensorType(.i64, [2])], constants: [1: [1, 2]]),
            OpCase("image, axes go", [image], ["axes": .ints([1, 2]), "keepdims": .int(0)], opset: opset - 1),
            OpCase("channels", [image, TensorType(.i64, [1])], constants: [1: [-1]]),
            OpCase("all", [image], ["keepdims": .int(0)]),
            OpCase("first and last", [image, TensorType(.i64, [2])], constants: [1: [0, 3]]),
            OpCase("every other", [image, TensorType(.i64, [2])], constants: [1: [0, 2]]),
            OpCase("nothing", [image], ["noop_with_empty_axes": .int(1)]),
            OpCase("int64", [TensorType(.i64, [4])], ["keepdims": .int(0)]),
            OpCase("int32", [TensorType(.i32, [4, 6]), TensorType(.i64, [1])], constants: [1: [0]]),
        ],
        make: { spec throws(KingletError) in
            let rank = try spec.first(name).rank
            var axes = try spec.list("axes", input: 1) ?? []
            if axes.isEmpty {
                if try spec.attributes.int("noop_with_empty_axes", 0) != 0 && spec.opset >= opset { return Identity() }
                axes = Array(0..<rank)
            }
            return Reduce(kind, axes: try spec.storedAxes(axes), keepDims: try spec.attributes.int("keepdims", 1) != 0)
        })
}

private func global(_ name: String, _ kind: Reduce.Kind) -> OpEntry {
    OpEntry(
        [name], layout: .channelsLast([0]),
        cases: [
            OpCase("image", [image]), OpCase("one pixel", [TensorType(.f32, [1, 1, 1, 40])]),
            OpCase("sequence", [TensorType(.f32, [2, 50, 3])]),
        ],
        make: { spec throws(KingletError) in
            let x = try spec.first(name)
            try require(x.rank >= 3, .shape, "\(name) of \(x.description), wanted an image or a sequence")
            return Reduce(kind, axes: Array(1..<(x.rank - 1)))
        })
}

let reduceEntries = [
    entry("ReduceMean", .mean, inputSince: 18), entry("ReduceSum", .sum, inputSince: 13),
    entry("ReduceProd", .prod, inputSince: 18, TensorType(.f32, [2, 3, 2, 5])),
    entry("ReduceMax", .max, inputSince: 18),
    entry("ReduceMin", .min, inputSince: 18),
    global("GlobalAveragePool", .mean), global("GlobalMaxPool", .max),
]
