/// y = the inputs one after another along an axis.
public final class Concat: Op {
    public let axis: Int

    public init(axis: Int) { self.axis = axis }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try require(!x.isEmpty, .shape, "Concat of nothing")
        try require(axis >= 0 && axis < x[0].rank, .shape, "Concat along axis \(axis) of \(x[0].description)")
        var shape = x[0].shape
        for other in x.dropFirst() {
            try require(
                other.dtype == x[0].dtype && other.rank == x[0].rank
                    && shape.indices.allSatisfy { $0 == axis || other.shape[$0] == shape[$0] },
                .shape, "Concat along axis \(axis) of \(x[0].description) and \(other.description)")
            shape[axis] += other.shape[axis]
            _ = try checkedCount(shape)
        }
        return [TensorType(x[0].dtype, shape)]
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let y = frame.y[0]
        let blocks = AxisBlocks(y.type, axis)
        var place = 0
        for k in frame.x.indices {
            let x = frame.x[k]
            let bytes = x.shape[axis] * blocks.inner
            copyRows(blocks.outer, bytes, from: x.base, every: bytes, to: y.base + place, every: blocks.row, worker)
            place += bytes
        }
    }
}

extension Concat: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps() }

    /// Every input takes its piece of dy.
    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        let dy = frame.dy[0]
        let blocks = AxisBlocks(TensorType(.f32, dy.shape), axis)
        var place = 0
        for k in frame.x.indices {
            let n = frame.x[k].shape[axis] * blocks.inner / 4
            if let dx = frame.dx[k] {
                carryRows(
                    blocks.outer, n, from: dy.f32 + place, every: blocks.row / 4, to: dx.f32, every: n,
                    adds: frame.adds[k], worker)
            }
            place += n
        }
    }
}

/// A tensor cut at an axis: `outer` rows of `row` bytes, in which one step along the axis is `inner` bytes.
struct AxisBlocks {
    let outer: Int
    let row: Int
    let inner: Int

    init(_ type: TensorType, _ axis: Int) {
        var (outer, inner) = (1, type.dtype.bytes)
        for k in 0..<type.shape.count {
            if k < axis { outer *= type.shape[k] }
            if k > axis { inner *= type.shape[k] }
        }
        self.outer = outer
        self.inner = inner
        row = inner * type.shape[axis]
    }
}

/// Copies `count` rows of `bytes` bytes; rows begin `every` so many bytes.
func copyRows(
    _ count: Int, _ bytes: Int, from x: UnsafeRawPointer, every stepX: Int, to y: UnsafeMutableRawPointer,
    every stepY: Int, _ worker: Worker
) {
    if bytes == 0 { return }
    if count >= 4 * worker.count {
        for i in worker.share(of: count) { (y + i * stepY).copyMemory(from: x + i * stepX, byteCount: bytes) }
    } else {
        let part = worker.share(of: bytes, grain: 64)
        if part.isEmpty { return }
        for i in 0..<count {
            (y + i * stepY + part.lowerBound).copyMemory(from: x + i * stepX + part.lowerBound, byteCount: part.count)
        }
    }
}

let concatEntry = OpEntry(
    ["Concat"], attributes: ["axis"],
    cases: [
        OpCase(
            "channels", [[2, 5, 7, 3], [2, 5, 7, 8], [2, 5, 7, 1]].map { TensorType(.f32, $0) }, ["axis": .int(3)]),
        OpCase("rows", [TensorType(.i8, [2, 9]), TensorType(.i8, [1, 9])], ["axis": .int(0)]),
        OpCase("shapes", [TensorType(.i64, [1]), TensorType(.i64, [2])], ["axis": .int(-1)]),
        OpCase("with an empty one", [TensorType(.f32, [3, 0]), TensorType(.f32, [3, 4])], ["axis": .int(1)]),
    ],
    make: { spec throws(KingletError) in
        try require(spec.attributes["axis"] != nil, .badFile, "Concat without attribute 'axis'")
        return Concat(axis: try spec.storedAxis(try spec.attributes.int("axis", 0)))
    })
