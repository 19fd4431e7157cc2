/// y = a tensor of the model: Constant and ConstantOfShape, and Shape, whose result is known at load.
public final class Constant: Op {
    public let value: Tensor

    public init(_ value: Tensor) { self.value = value }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] { [value.type] }

    public func forward(_ frame: Frame, _ worker: Worker) {
        copyBytes(TensorView(value.type, value.base), frame.y[0], worker)
    }
}

let constantEntry = OpEntry(
    ["Constant"], attributes: ["value", "value_float", "value_floats", "value_int", "value_ints"], layout: .onnx,
    cases: [
        OpCase("int", [], ["value_int": .int(7)]), OpCase("ints", [], ["value_ints": .ints([7, -1])]),
        OpCase("float", [], ["value_float": .float(7)]), OpCase("floats", [], ["value_floats": .floats([7, 2, 3])]),
    ],
    make: { spec throws(KingletError) in
        let entries = spec.attributes.entries
        try require(entries.count == 1, .badFile, "Constant has \(entries.count) values")
        for (name, entry) in entries {
            switch (name, entry) {
            case ("value", .tensor(let value)): return Constant(value)
            case ("value_float", .float(let value)): return Constant(try Tensor([value], shape: []))
            case ("value_floats", .floats(let list)): return Constant(try Tensor(list, shape: [list.count]))
            case ("value_int", .int(let value)): return Constant(try Tensor([Int64(value)], shape: []))
            case ("value_ints", .ints(let list)):
                return Constant(try Tensor(list.map { Int64($0) }, shape: [list.count]))
            default: break
            }
        }
        throw KingletError(.badFile, "attribute of Constant has the wrong type")
    })

let constantOfShapeEntry = OpEntry(
    ["ConstantOfShape"], attributes: ["value"], layout: .onnx, parameters: [0],
    cases: [OpCase("zeros", [TensorType(.i64, [2])], constants: [0: [3, 2]])],
    make: { spec throws(KingletError) in
        guard let shape = try spec.list("", input: 0) else {
            throw KingletError(.badFile, "ConstantOfShape without a shape")
        }
        let given = try spec.attributes.tensor("value")
        let zero = try Tensor([0 as Float], shape: [1])
        let value = given ?? zero
        try require(value.count == 1, .badFile, "value of ConstantOfShape is \(value.type.description)")
        try checkRank(shape, "ConstantOfShape")
        let count = try checkedCount(shape, limit: 1 << 24)
        let filled = try Tensor(zeros: TensorType(value.type.dtype, shape))
        let bytes = value.type.dtype.bytes
        for i in 0..<count { (filled.base + i * bytes).copyMemory(from: value.base, byteCount: bytes) }
        return Constant(filled)
    })

/// Shape: y = the sizes of x's axes start ..< end, in ONNX order.
let shapeEntry = OpEntry(
    ["Shape"], attributes: ["start", "end"],
    cases: [
        OpCase("all", [TensorType(.f32, [2, 3, 4])]),
        OpCase("part", [TensorType(.i8, [2, 3, 4])], ["start": .int(-2), "end": .int(9)]),
        OpCase("none", [TensorType(.f32, [2, 3])], ["start": .int(2), "end": .int(1)]),
    ],
    make: { spec throws(KingletError) in
        let shape = try spec.onnxShape("Shape")
        let (from, to) = (try spec.attributes.int("start", 0), try spec.attributes.int("end", shape.count))
        let start = max(0, min(shape.count, from < 0 ? from + shape.count : from))
        let end = max(start, min(shape.count, to < 0 ? to + shape.count : to))
        return Constant(try Tensor(shape[start..<end].map { Int64($0) }, shape: [end - start]))
    })
