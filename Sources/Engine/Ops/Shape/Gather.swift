/// y[o…, i…, j…] = x[o…, indices[i…], j…] along an axis; an index below 0 counts from the end.
public final class Gather: Op {
    public let axis: Int

    public init(axis: Int) { self.axis = axis }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 2...2, "Gather")
        try checkType(x[1], [.i64, .i32], "Gather with indices")
        try require(axis >= 0 && axis < x[0].rank, .shape, "Gather along axis \(axis) of \(x[0].description)")
        let shape = Array(x[0].shape[..<axis]) + x[1].shape + Array(x[0].shape[(axis + 1)...])
        let count = try checkedCount(shape)
        try require(
            x[0].shape[axis] > 0 || count == 0, .shape, "Gather from the empty axis \(axis) of \(x[0].description)")
        return [TensorType(x[0].dtype, shape)]
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, indices, y) = (frame.x[0], frame.x[1], frame.y[0])
        if y.count == 0 { return }
        let blocks = AxisBlocks(x.type, axis)
        let (size, count) = (x.shape[axis], indices.count)
        for i in worker.share(of: blocks.outer * count) {
            let o = i / count
            let index = Gather.index(indices, i - o * count, size)
            (y.base + i * blocks.inner).copyMemory(
                from: x.base + o * blocks.row + index * blocks.inner, byteCount: blocks.inner)
        }
    }

    /// Index `i`, counted from the front. One that only the run knows is limited to the axis: a run cannot fail.
    private static func index(_ indices: TensorView, _ i: Int, _ size: Int) -> Int {
        let wanted = indices.type.dtype == .i64 ? Int(clamping: indices.i64[i]) : Int(indices.i32[i])
        return max(0, min(size - 1, wanted < 0 ? wanted + size : wanted))
    }
}

extension Gather: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps(inputs: wants[0] ? [1] : []) }

    /// dx[o…, indices[i…], j…] = the sum of dy[o…, i…, j…]. Each worker keeps to some j, because an index may come twice.
    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        guard let dx = frame.dx[0] else { return }
        frame.prepare(0, worker)
        worker.barrier()
        let (dy, indices) = (frame.dy[0].f32, frame.x[1])
        if frame.dy[0].count == 0 { return }
        let blocks = AxisBlocks(TensorType(.f32, dx.shape), axis)
        let (size, count, inner) = (dx.shape[axis], indices.count, blocks.inner / 4)
        let part = worker.share(of: inner, grain: 16)
        for i in 0..<blocks.outer * count {
            let o = i / count
            let place = (o * size + Gather.index(indices, i - o * count, size)) * inner + part.lowerBound
            add(dy + i * inner + part.lowerBound, to: dx.f32 + place, part.count)
        }
    }
}

let gatherEntry = OpEntry(
    ["Gather"], attributes: ["axis"], layout: .onnx,
    cases: [
        OpCase("size of an axis", [TensorType(.i64, [4]), TensorType(.i64, [])], constants: [1: [-2]]),
        OpCase("rows", [TensorType(.f32, [5, 7]), TensorType(.i64, [2, 2])], constants: [1: [0, 4, -1, 2]]),
        OpCase(
            "columns", [TensorType(.i8, [3, 9, 5]), TensorType(.i32, [4])], constants: [1: [8, 0, 0, -9]],
            ["axis": .int(1)]),
    ],
    make: { spec throws(KingletError) in
        let (x, wanted) = (try spec.first("Gather"), try spec.attributes.int("axis", 0))
        let axis = try spec.storedAxis(wanted)
        if spec.constants.count > 1, let indices = spec.constants[1] {
            let size = x.shape[axis]
            for i in 0..<indices.count {
                let index = indices.int(i)
                try require(
                    index >= -size && index < size, .shape, "Gather of index \(index) from an axis of size \(size)")
            }
        }
        return Gather(axis: axis)
    })
