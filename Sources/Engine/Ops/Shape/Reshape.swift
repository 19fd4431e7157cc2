/// y = x's elements in order, under another shape: Reshape, Flatten, Squeeze and Unsqueeze.
public final class Reshape: Op {
    public let shape: [Int]

    /// `shape` is the whole result: no 0 or -1 to be filled in.
    public init(to shape: [Int]) { self.shape = shape }

    public var isView: Bool { true }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "Reshape")
        let count = try checkedCount(shape)
        try require(count == x[0].count, .shape, "cannot reshape \(shapeText(x[0].shape)) to \(shapeText(shape))")
        return [TensorType(x[0].dtype, shape)]
    }

    public func forward(_ frame: Frame, _ worker: Worker) { copyBytes(frame.x[0], frame.y[0], worker) }
}

extension Reshape: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public var gradientInPlace: Int? { 0 }
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps() }
    public func backward(_ frame: BackwardFrame, _ worker: Worker) { carryBytes(frame, worker) }
}

/// Copies `x` to `y` unless they share a place.
func copyBytes(_ x: TensorView, _ y: TensorView, _ worker: Worker) {
    let range = worker.share(of: x.type.bytes, grain: 4096)
    if x.base == y.base || range.isEmpty { return }
    (y.base + range.lowerBound).copyMemory(from: x.base + range.lowerBound, byteCount: range.count)
}

/// `wanted` with 0 (unless `allowZero`) replaced by the input's size and -1 by what is left.
func resolveShape(_ wanted: [Int], of x: [Int], allowZero: Bool) throws(KingletError) -> [Int] {
    var shape = wanted
    for (k, d) in wanted.enumerated() where d == 0 && !allowZero {
        try require(
            k < x.count, .shape, "0 at axis \(k) of shape \(shapeText(wanted)), but the input is \(shapeText(x))")
        shape[k] = x[k]
    }
    let total = try checkedCount(x)
    guard let open = shape.firstIndex(of: -1) else { return shape }
    shape[open] = 1
    let known = try checkedCount(shape)
    try require(
        known > 0 && total % known == 0, .shape, "cannot reshape \(shapeText(x)) to \(shapeText(wanted))")
    shape[open] = total / known
    return shape
}

extension OpSpec {
    /// The shape of the first input in ONNX order.
    func onnxShape(_ name: String) throws(KingletError) -> [Int] { order.restore(try first(name).shape) }
}

let reshapeEntry = OpEntry(
    ["Reshape"], attributes: ["allowzero"], layout: .reshape, parameters: [1],
    cases: [
        OpCase("zero and -1", [TensorType(.f32, [2, 3, 4]), TensorType(.i64, [3])], constants: [1: [0, 2, -1]]),
        OpCase("int64 to scalar", [TensorType(.i64, [1]), TensorType(.i64, [0])], constants: [1: []]),
        OpCase(
            "empty", [TensorType(.f32, [0, 3]), TensorType(.i64, [2])], constants: [1: [3, 0]], ["allowzero": .int(1)]),
    ],
    make: { spec throws(KingletError) in
        guard let wanted = try spec.list("shape", input: 1) else {
            throw KingletError(.badFile, "Reshape without a shape")
        }
        let allowZero = try spec.attributes.int("allowzero", 0) != 0
        return Reshape(to: try resolveShape(wanted, of: try spec.onnxShape("Reshape"), allowZero: allowZero))
    })

let flattenEntry = OpEntry(
    ["Flatten"], attributes: ["axis"], layout: .reshape,
    cases: [
        OpCase("default", [TensorType(.f32, [2, 3, 4, 5])]),
        OpCase("axis 0", [TensorType(.i8, [2, 3])], ["axis": .int(0)]),
        OpCase("negative axis", [TensorType(.f32, [2, 3, 4])], ["axis": .int(-1)]),
    ],
    make: { spec throws(KingletError) in
        let (shape, wanted) = (try spec.onnxShape("Flatten"), try spec.attributes.int("axis", 1))
        let axis = wanted < 0 ? wanted + shape.count : wanted
        try require(axis >= 0 && axis <= shape.count, .shape, "axis \(wanted) is outside rank \(shape.count)")
        return Reshape(to: [shape[..<axis].reduce(1, *), shape[axis...].reduce(1, *)])
    })
