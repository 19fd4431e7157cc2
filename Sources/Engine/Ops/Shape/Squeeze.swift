/// Squeeze: y = x without the axes given, or without every axis of size 1.
let squeezeEntry = OpEntry(
    ["Squeeze"], attributes: ["axes"], layout: .reshape, parameters: [1],
    cases: [
        OpCase("all", [TensorType(.f32, [1, 3, 1, 5])]),
        OpCase("axes", [TensorType(.f32, [1, 3, 1, 5]), TensorType(.i64, [1])], constants: [1: [-2]]),
        OpCase("attribute", [TensorType(.i64, [1])], ["axes": .ints([0])], opset: 11),
    ],
    make: { spec throws(KingletError) in
        let shape = try spec.onnxShape("Squeeze")
        let axes = try axisList(try spec.list("axes", input: 1) ?? [], rank: shape.count)
        for k in axes {
            try require(shape[k] == 1, .shape, "Squeeze of axis \(k) of \(shapeText(shape)), which is not 1")
        }
        let kept = shape.indices.filter { axes.isEmpty ? shape[$0] != 1 : !axes.contains($0) }
        return Reshape(to: kept.map { shape[$0] })
    })

/// Unsqueeze: y = x with axes of size 1 put in, so that they stand at the places given.
let unsqueezeEntry = OpEntry(
    ["Unsqueeze"], attributes: ["axes"], layout: .reshape, parameters: [1],
    cases: [
        OpCase("axes", [TensorType(.f32, [3, 5]), TensorType(.i64, [2])], constants: [1: [-1, 0]]),
        OpCase("attribute", [TensorType(.i64, [])], ["axes": .ints([0])], opset: 11),
    ],
    make: { spec throws(KingletError) in
        var left = try spec.onnxShape("Unsqueeze")
        let wanted = try spec.list("axes", input: 1) ?? []
        let rank = left.count + wanted.count
        let axes = try axisList(wanted, rank: rank)
        return Reshape(to: (0..<rank).map { axes.contains($0) ? 1 : left.removeFirst() })
    })

/// `axes` counted from the front, each once.
private func axisList(_ axes: [Int], rank: Int) throws(KingletError) -> [Int] {
    try require(axes.count <= rank && rank <= 64, .shape, "\(axes.count) axes for rank \(rank)")
    var list: [Int] = []
    for axis in axes {
        try require(axis >= -rank && axis < rank, .shape, "axis \(axis) is outside rank \(rank)")
        let k = axis < 0 ? axis + rank : axis
        try require(!list.contains(k), .badFile, "axis \(axis) is given twice")
        list.append(k)
    }
    return list
}
