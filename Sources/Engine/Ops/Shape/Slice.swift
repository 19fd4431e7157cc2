/// y[i] = x[start + i · step] along each of some axes.
public final class Slice: Op {
    /// What is taken along one axis. As in ONNX: negative places count from the end, and both ends are cut to the size.
    public struct Cut: Sendable {
        public let axis: Int
        public let start: Int
        public let end: Int
        public let step: Int

        public init(axis: Int, start: Int, end: Int, step: Int = 1) {
            self.axis = axis
            self.start = start
            self.end = end
            // A step beyond any size acts like the size, and is safe to multiply.
            self.step = max(min(step, Int(Int32.max)), -Int(Int32.max))
        }

        /// First element and number of elements along an axis of `size`.
        func resolve(_ size: Int) -> (first: Int, count: Int) {
            let (low, high) = step > 0 ? (0, size) : (-1, size - 1)
            let first = max(step > 0 ? 0 : -1, min(start < 0 ? start + size : start, high))
            let last = max(low, min(end < 0 ? end + size : end, high))
            let distance = step > 0 ? last - first : first - last
            return (max(first, 0), distance <= 0 ? 0 : (distance - 1) / abs(step) + 1)
        }
    }

    public let cuts: [Cut]

    public init(_ cuts: [Cut]) { self.cuts = cuts }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "Slice")
        try checkRank(x[0].shape, "Slice")
        var type = x[0]
        for cut in cuts {
            try require(
                cut.axis >= 0 && cut.axis < type.rank, .shape, "Slice of axis \(cut.axis) of \(type.description)")
            type.shape[cut.axis] = cut.resolve(x[0].shape[cut.axis]).count
        }
        return [type]
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0], frame.y[0])
        if y.count == 0 { return }
        let (offset, walk) = places(x.shape, y.shape)
        let bytes = y.type.dtype.bytes
        walk.copy(x.base + offset * bytes, y.base, bytes: bytes, worker)
    }

    /// Where the first element of y is in x, and the walk over y from there.
    private func places(_ x: [Int], _ y: [Int]) -> (offset: Int, walk: Walk) {
        var (strides, offset, walk) = (Dims(stridesOf: x), 0, Walk())
        for cut in cuts {
            let (first, count) = cut.resolve(x[cut.axis])
            offset += first * strides[cut.axis]
            strides[cut.axis] = count > 1 ? strides[cut.axis] * cut.step : 0
        }
        for k in 0..<strides.count { walk.add(y[k], strides[k]) }
        return (offset, walk)
    }
}

extension Slice: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps() }

    /// dx = dy where y was taken from, else 0.
    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        guard let dx = frame.dx[0] else { return }
        frame.prepare(0, worker)
        worker.barrier()
        let dy = frame.dy[0]
        if dy.count == 0 { return }
        let (offset, walk) = places(dx.shape, dy.shape)
        let (to, step) = (dx.f32 + offset, walk.row.a)
        walk.rows(worker.share(of: walk.count, grain: 64)) { first, n, offset, _ in
            for i in 0..<n { to[offset + i * step] += dy.f32[first + i] }
        }
    }
}

private func slice(_ name: String, _ x: TensorType, _ lists: [[Float]]) -> OpCase {
    let inputs = [x] + lists.map { TensorType(.i64, [$0.count]) }
    return OpCase(name, inputs, constants: Dictionary(uniqueKeysWithValues: lists.enumerated().map { ($0 + 1, $1) }))
}

let sliceEntry = OpEntry(
    ["Slice"], attributes: ["starts", "ends", "axes"], parameters: [1, 2, 3, 4],
    cases: [
        slice("inner box", TensorType(.f32, [2, 9, 8, 3]), [[1, 2], [-1, 100], [1, 2]]),
        slice("steps", TensorType(.f32, [2, 9, 8, 3]), [[0, 7], [9, -100], [1, 2], [2, -3]]),
        slice("reverse", TensorType(.i8, [70]), [[-1], [-1000], [0], [-1]]),
        slice("shape", TensorType(.i64, [4]), [[-2], [1_000_000_000]]),
        slice("nothing", TensorType(.f32, [4, 3]), [[3], [1]]),
        OpCase(
            "attributes", [TensorType(.f32, [4, 5])], ["starts": .ints([1]), "ends": .ints([3]), "axes": .ints([-1])],
            opset: 9),
    ],
    make: { spec throws(KingletError) in
        guard let starts = try spec.list("starts", input: 1), let ends = try spec.list("ends", input: 2) else {
            throw KingletError(.badFile, "Slice without starts and ends")
        }
        try require(starts.count <= Dims.limit, .unsupported, "Slice of \(starts.count) axes")
        let axes = try spec.storedAxes(try spec.list("axes", input: 3) ?? Array(starts.indices))
        let steps = try spec.list("steps", input: 4) ?? [Int](repeating: 1, count: starts.count)
        try require(
            ends.count == starts.count && axes.count == starts.count && steps.count == starts.count, .badFile,
            "Slice has \(starts.count) starts, \(ends.count) ends, \(axes.count) axes and \(steps.count) steps")
        try require(!steps.contains(0), .badFile, "Slice with step 0")
        return Slice(
            starts.indices.map { Slice.Cut(axis: axes[$0], start: starts[$0], end: ends[$0], step: steps[$0]) })
    })
