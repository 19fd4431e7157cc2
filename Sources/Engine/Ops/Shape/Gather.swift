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
            let wanted =
                indices.type.dtype == .i64 ? Int(clamping: indices.i64[i - o * count]) : Int(indices.i32[i - o * count])
            // An index that only the run knows is limited to the axis: a run cannot fail.
            let index = max(0, min(size - 1, wanted < 0 ? wanted + size : wanted))
            (y.base + i * blocks.inner).copyMemory(
                from: x.base + o * blocks.row + index * blocks.inner, byteCount: blocks.inner)
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
