/// y[i0, i1, …] = x[…], where axis k of y is axis permutation[k] of x.
public final class Transpose: Op {
    public let permutation: [Int]

    public init(_ permutation: [Int]) { self.permutation = permutation }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "Transpose")
        try checkRank(x[0].shape, "Transpose")
        try require(
            permutation.sorted() == Array(0..<x[0].rank), .shape,
            "the permutation \(shapeText(permutation)) does not fit \(x[0].description)")
        return [TensorType(x[0].dtype, permutation.map { x[0].shape[$0] })]
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0], frame.y[0])
        let strides = Dims(stridesOf: x.shape)
        var walk = Walk()
        for k in permutation.indices { walk.add(y.shape[k], strides[permutation[k]]) }
        walk.copy(x.base, y.base, bytes: y.type.dtype.bytes, worker)
    }
}

extension Transpose: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps() }

    /// Axis permutation[k] of dx is axis k of dy.
    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        guard let dx = frame.dx[0] else { return }
        let strides = Dims(stridesOf: frame.dy[0].shape)
        var turned = Dims(zeros: permutation.count)
        for k in permutation.indices { turned[permutation[k]] = strides[k] }
        var walk = Walk()
        for k in permutation.indices { walk.add(dx.shape[k], turned[k]) }
        walk.carry(frame.dy[0].f32, dx.f32, adds: frame.adds[0], worker)
    }
}

let transposeEntry = OpEntry(
    ["Transpose"], attributes: ["perm"], layout: .transpose,
    cases: [
        OpCase("reverse", [TensorType(.f32, [3, 5, 7])]),
        OpCase("to channels-last", [TensorType(.f32, [2, 5, 6, 7])], ["perm": .ints([0, 2, 3, 1])]),
        OpCase("to channels-first", [TensorType(.i8, [2, 5, 6, 70])], ["perm": .ints([0, 3, 1, 2])]),
        OpCase("channel shuffle", [TensorType(.f32, [1, 2, 12, 9])], ["perm": .ints([0, 2, 1, 3])]),
        OpCase("int64", [TensorType(.i64, [5, 1, 6])], ["perm": .ints([1, 2, 0])]),
        OpCase("scalar", [TensorType(.f32, [])]),
    ],
    make: { spec throws(KingletError) in
        let rank = try spec.first("Transpose").rank
        return Transpose(try spec.attributes.ints("perm") ?? Array((0..<rank).reversed()))
    })
