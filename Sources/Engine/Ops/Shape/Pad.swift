/// y = x with elements put before and after it along each axis (or, below 0, cut off):
/// a constant, the edge, the mirror image without the edge, or x again from its other end.
public final class Pad: Op {
    public enum Mode: Sendable { case constant, reflect, edge, wrap }

    public let mode: Mode
    public let before: [Int]
    public let after: [Int]
    public let value: Tensor?

    /// `value`: one element of the input's type; nil for 0.
    public init(_ mode: Mode = .constant, before: [Int], after: [Int], value: Tensor? = nil) {
        self.mode = mode
        self.before = before
        self.after = after
        self.value = value
    }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "Pad")
        try checkRank(x[0].shape, "Pad")
        try require(before.count == x[0].rank && after.count == x[0].rank, .shape, "Pad of \(x[0].description)")
        var type = x[0]
        let limit = -(1 << 24)...(1 << 24)
        for (k, d) in x[0].shape.enumerated() {
            let (a, b) = (before[k], after[k])
            try require(
                limit.contains(a) && limit.contains(b) && d + a + b >= 0, .shape,
                "pads \(a) and \(b) of \(x[0].description)")
            type.shape[k] = d + a + b
            let most = mode == .reflect ? d - 1 : d
            try require(
                mode == .constant || (a <= max(most, 0) && b <= max(most, 0)) || mode != .reflect && d > 0, .shape,
                "pads \(a) and \(b) go beyond the axis of size \(d) they mirror or repeat")
        }
        _ = try checkedCount(type.shape)
        if let value {
            try require(
                value.count == 1 && value.type.dtype == type.dtype, .shape, "the padding is \(value.type.description)")
        }
        return [type]
    }

    /// Where axis `k` of size `d` takes place `i` of the output from; nil for the constant.
    @inline(__always)
    private func source(_ i: Int, _ k: Int, _ d: Int) -> Int? {
        let j = i - before[k]
        if j >= 0 && j < d { return j }
        switch mode {
        case .constant: return nil
        case .edge: return j < 0 ? 0 : d - 1
        case .reflect: return j < 0 ? -j : 2 * (d - 1) - j
        case .wrap: return (j % d + d) % d
        }
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0], frame.y[0])
        if y.count == 0 { return }
        let (outer, elements, rows) = blocks(x.shape, y.shape)
        let block = elements * y.type.dtype.bytes
        for row in worker.share(of: rows) {
            let place = y.base + row * block
            if let from = source(row: row, outer, x.shape, y.shape) {
                place.copyMemory(from: x.base + from * block, byteCount: block)
            } else {
                fill(place, block)
            }
        }
    }

    /// The inner axes that stay as they are move as one block: the number of other axes, elements of a block, blocks of y.
    private func blocks(_ x: [Int], _ y: [Int]) -> (outer: Int, block: Int, rows: Int) {
        var (outer, block, rows) = (x.count, 1, 1)
        while outer > 0 && before[outer - 1] == 0 && after[outer - 1] == 0 {
            outer -= 1
            block *= x[outer]
        }
        for k in 0..<outer { rows *= y[k] }
        return (outer, block, rows)
    }

    /// Which block of x block `row` of y is; nil for the constant.
    private func source(row: Int, _ outer: Int, _ x: [Int], _ y: [Int]) -> Int? {
        var (rest, step, from) = (row, 1, 0)
        for k in stride(from: outer - 1, through: 0, by: -1) {
            let above = rest / y[k]
            guard let j = source(rest - above * y[k], k, x[k]) else { return nil }
            from += j * step
            step *= x[k]
            rest = above
        }
        return from
    }

    private func fill(_ y: UnsafeMutableRawPointer, _ bytes: Int) {
        guard let value else {
            y.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
            return
        }
        let size = value.type.dtype.bytes
        for i in stride(from: 0, to: bytes, by: size) { (y + i).copyMemory(from: value.base, byteCount: size) }
    }
}

extension Pad: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps() }

    /// dx[i] = the sum of dy where x[i] was put. Each worker keeps to some columns of the inner axes that stay as they
    /// are, because an edge goes to many places.
    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        guard let dx = frame.dx[0] else { return }
        frame.prepare(0, worker)
        worker.barrier()
        let dy = frame.dy[0]
        if dy.count == 0 { return }
        let (outer, block, rows) = blocks(dx.shape, dy.shape)
        let part = worker.share(of: block, grain: 16)
        for row in 0..<rows {
            guard let from = source(row: row, outer, dx.shape, dy.shape) else { continue }
            add(dy.f32 + row * block + part.lowerBound, to: dx.f32 + from * block + part.lowerBound, part.count)
        }
    }
}

private func pads(_ name: String, _ x: TensorType, _ pads: [Float], _ mode: String, value: Float? = nil) -> OpCase {
    var constants: [Int: [Float]] = [1: pads]
    if let value { constants[2] = [value] }
    let inputs = [x, TensorType(.i64, [pads.count])] + (value == nil ? [] : [TensorType(x.dtype, [])])
    return OpCase(name, inputs, constants: constants, ["mode": .string(mode)])
}

let padEntry = OpEntry(
    ["Pad"], attributes: ["mode", "pads", "value"], parameters: [1, 2, 3],
    cases: [
        pads("zeros", TensorType(.f32, [1, 4, 5, 3]), [0, 1, 2, 0, 0, 0, 1, 0], "constant"),
        pads("value", TensorType(.i8, [3, 4]), [1, 2, 3, 0], "constant", value: -7),
        pads("cut", TensorType(.f32, [6, 4]), [-1, 2, -2, 0], "constant", value: 1.5),
        pads("edge", TensorType(.f32, [3, 4, 2]), [2, 1, 0, 5, 0, 0], "edge"),
        pads("reflect", TensorType(.f32, [3, 4, 2]), [2, 1, 0, 2, 3, 1], "reflect"),
        pads("wrap", TensorType(.i64, [3, 4]), [2, 1, 4, 0], "wrap"),
        OpCase(
            "axes", [TensorType(.f32, [3, 4]), TensorType(.i64, [2]), TensorType(.f32, []), TensorType(.i64, [1])],
            constants: [1: [1, 2], 2: [3], 3: [-1]]),
        OpCase(
            "attributes", [TensorType(.f32, [3, 4])], ["pads": .ints([0, 1, 2, 0]), "value": .float(2)], opset: 9),
    ],
    make: { spec throws(KingletError) in
        let mode: Pad.Mode
        let name = try spec.attributes.string("mode", "constant")
        switch name {
        case "constant": mode = .constant
        case "reflect": mode = .reflect
        case "edge": mode = .edge
        case "wrap": mode = .wrap
        default: throw KingletError(.unsupported, "Pad with mode '\(name)'")
        }
        guard let pads = try spec.list("pads", input: 1) else { throw KingletError(.badFile, "Pad without pads") }
        let rank = spec.order.rank
        let axes = try spec.storedAxes(try spec.list("axes", input: 3) ?? Array(0..<rank))
        try require(pads.count == 2 * axes.count, .badFile, "\(pads.count) pads for \(axes.count) axes")
        var (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
        for (i, k) in axes.enumerated() { (before[k], after[k]) = (pads[i], pads[i + axes.count]) }
        var value = try spec.constant(2, "constant_value")
        if spec.attributes["value"] != nil { value = try Tensor([try spec.attributes.float("value", 0)], shape: []) }
        return Pad(mode, before: before, after: after, value: mode == .constant ? value : nil)
    })
