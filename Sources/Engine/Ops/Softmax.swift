import CSystem

/// y = e^(x - max) / Σ e^(x - max) over some axes together; LogSoftmax is its logarithm.
public final class Softmax: Op {
    public let axes: [Int]
    public let log: Bool

    public init(axes: [Int], log: Bool = false) {
        self.axes = axes.sorted()
        self.log = log
    }

    public var inPlace: Bool { true }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "Softmax")
        try checkType(x[0], [.f32], "Softmax")
        try checkRank(x[0].shape, "Softmax")
        try require(
            axes.allSatisfy { $0 >= 0 && $0 < x[0].rank }, .shape, "Softmax over \(axes) of \(x[0].description)")
        return x
    }

    /// Room to gather one row for each worker, where its elements do not lie together.
    public func scratchBytes(_ x: [TensorType], _ target: Target) -> Int {
        let parts = Reduction(x[0].shape, axes)
        return parts.together ? 0 : target.workers * parts.reduced.count * 4
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0], frame.y[0])
        if x.count == 0 { return }
        let parts = Reduction(x.shape, axes)
        let n = parts.reduced.count
        let room = frame.scratch.assumingMemoryBound(to: Float.self) + (parts.together ? 0 : worker.index * n)
        let step = parts.reduced.row.a
        parts.kept.rows(worker.share(of: parts.kept.count)) { _, count, offset, _ in
            for j in 0..<count {
                let start = offset + j * parts.kept.row.a
                if parts.together {
                    row(x.f32 + start, y.f32 + start, n)
                } else {
                    parts.reduced.rows(0..<n) { first, m, o, _ in
                        for i in 0..<m { room[first + i] = x.f32[start + o + i * step] }
                    }
                    row(room, room, n)
                    parts.reduced.rows(0..<n) { first, m, o, _ in
                        for i in 0..<m { y.f32[start + o + i * step] = room[first + i] }
                    }
                }
            }
        }
    }

    private func row(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
        let top = largest(x, n)
        let shift = F8(repeating: top)
        if log {
            var sum = 0.0
            for i in 0..<n { sum += ks_exp(Double(x[i] - top)) }
            let total = F8(repeating: Float(ks_log(sum)))
            map(x, y, 0..<n) { $0 - shift - total }
        } else {
            @inline(__always) func f(_ v: F8) -> F8 { exp(v - shift) }
            map(x, y, 0..<n, f)
            let total = F8(repeating: sum(y, n))
            map(y, y, 0..<n) { $0 / total }
        }
    }
}

private func largest(_ x: UnsafePointer<Float>, _ n: Int) -> Float {
    var (tops, i) = (F8(repeating: x[0]), 0)
    while i + 8 <= n {
        let v = load(x + i)
        tops = tops.replacing(with: v, where: v .> tops)
        i += 8
    }
    var top = x[0]
    for k in 0..<8 where tops[k] > top { top = tops[k] }
    while i < n {
        if x[i] > top { top = x[i] }
        i += 1
    }
    return top
}

private func entry(_ name: String, log: Bool) -> OpEntry {
    OpEntry(
        [name], attributes: ["axis"],
        cases: [
            OpCase("classes", [TensorType(.f32, [3, 1001])]),
            OpCase("one image", [TensorType(.f32, [10])]),
            OpCase("pixels", [TensorType(.f32, [2, 3, 5, 7])], ["axis": .int(3)]),
            OpCase("inner axis", [TensorType(.f32, [2, 9, 4])], ["axis": .int(1)]),
            OpCase("flattened", [TensorType(.f32, [2, 9, 4])], opset: 11),
            OpCase("empty", [TensorType(.f32, [0, 4])]),
        ],
        make: { spec throws(KingletError) in
            // Up to opset 12 `axis` and all after it are one row.
            let old = spec.opset < 13
            var axis = try spec.attributes.int("axis", old ? 1 : -1)
            let rank = spec.order.rank
            if !old { return Softmax(axes: [try spec.storedAxis(axis)], log: log) }
            if axis < 0 { axis += rank }
            try require(axis >= 0 && axis <= rank, .shape, "axis \(axis) is outside rank \(rank)")
            return Softmax(axes: (axis..<rank).map { spec.order.stored($0) }, log: log)
        })
}

let softmaxEntries = [entry("Softmax", log: false), entry("LogSoftmax", log: true)]
