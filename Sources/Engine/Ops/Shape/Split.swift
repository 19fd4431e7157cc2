/// y0, y1, … = x cut into pieces of the given sizes along an axis.
public final class Split: Op {
    public let axis: Int
    public let sizes: [Int]

    public init(axis: Int, sizes: [Int]) {
        self.axis = axis
        self.sizes = sizes
    }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "Split")
        try require(axis >= 0 && axis < x[0].rank, .shape, "Split along axis \(axis) of \(x[0].description)")
        try require(
            sizes.allSatisfy { $0 >= 0 && $0 <= x[0].shape[axis] }
                && sizes.reduce(Int64(0)) { $0 + Int64($1) } == Int64(x[0].shape[axis]), .shape,
            "the parts \(shapeText(sizes)) do not add up to axis \(axis) of \(x[0].description)")
        return sizes.map {
            var type = x[0]
            type.shape[axis] = $0
            return type
        }
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let x = frame.x[0]
        let blocks = AxisBlocks(x.type, axis)
        var place = 0
        for k in frame.y.indices {
            let y = frame.y[k]
            let bytes = y.shape[axis] * blocks.inner
            copyRows(blocks.outer, bytes, from: x.base + place, every: blocks.row, to: y.base, every: bytes, worker)
            place += bytes
        }
    }
}

extension Split: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps() }

    /// dx = dy0, dy1, … one after another.
    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        guard let dx = frame.dx[0] else { return }
        let blocks = AxisBlocks(TensorType(.f32, dx.shape), axis)
        var place = 0
        for dy in frame.dy {
            let n = dy.shape[axis] * blocks.inner / 4
            carryRows(
                blocks.outer, n, from: dy.f32, every: n, to: dx.f32 + place, every: blocks.row / 4,
                adds: frame.adds[0], worker)
            place += n
        }
    }
}

let splitEntry = OpEntry(
    ["Split"], attributes: ["axis", "split", "num_outputs"], parameters: [1],
    cases: [
        OpCase(
            "halves", [TensorType(.f32, [2, 3, 3, 16])], ["axis": .int(3), "num_outputs": .int(2)], outputCount: 2),
        OpCase("uneven", [TensorType(.f32, [7, 3])], ["num_outputs": .int(3)], outputCount: 3),
        OpCase(
            "sizes", [TensorType(.i8, [2, 6]), TensorType(.i64, [2])], constants: [1: [2, 4]], ["axis": .int(1)],
            opset: 13,
            outputCount: 2),
        OpCase(
            "attribute", [TensorType(.f32, [2, 6])], ["axis": .int(-1), "split": .ints([5, 1])], opset: 11,
            outputCount: 2),
    ],
    make: { spec throws(KingletError) in
        let axis = try spec.storedAxis(try spec.attributes.int("axis", 0))
        let count = try spec.attributes.int("num_outputs", spec.outputCount)
        try require(
            count == spec.outputCount && count > 0, .badFile,
            "num_outputs is \(count), but Split has \(spec.outputCount)")
        if let sizes = try spec.list("split", input: 1) {
            try require(
                sizes.count == spec.outputCount, .badFile,
                "\(sizes.count) sizes for \(spec.outputCount) outputs of Split")
            return Split(axis: axis, sizes: sizes)
        }
        let size = try spec.first("Split").shape[axis]
        // The last part is smaller where the size is not a multiple; before opset 18 that is an error.
        let part = (size + count - 1) / count
        try require(
            size == part * count || spec.opset >= 18, .shape,
            "axis of size \(size) does not split into \(count) equal parts")
        return Split(axis: axis, sizes: (0..<count).map { max(0, min(part, size - $0 * part)) })
    })
