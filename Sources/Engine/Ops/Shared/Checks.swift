/// Throws unless an operator has as many inputs as it takes.
func checkCount(_ x: [TensorType], _ wanted: ClosedRange<Int>, _ name: String) throws(KingletError) {
    let most = wanted.lowerBound == wanted.upperBound ? "" : " to \(wanted.upperBound)"
    try require(wanted.contains(x.count), .shape, "\(name) takes \(wanted.lowerBound)\(most) inputs, got \(x.count)")
}

/// Throws unless `x` has one of the wanted element types.
func checkType(_ x: TensorType, _ wanted: [DType], _ name: String) throws(KingletError) {
    try require(wanted.contains(x.dtype), .unsupported, "\(name) of \(x.dtype.name)")
}

/// Throws if `shape` has more axes than the operators that walk over them handle.
func checkRank(_ shape: [Int], _ name: String) throws(KingletError) {
    try require(
        shape.count <= Dims.limit, .unsupported,
        "\(name) of \(shapeText(shape)): at most \(Dims.limit) axes are supported")
}

/// The shape that all of `x` broadcast to: axes aligned at the end, 1 repeated.
func broadcastShape(_ x: [TensorType], _ name: String) throws(KingletError) -> [Int] {
    var shape = x[0].shape
    for other in x.dropFirst() {
        var (long, short) = (shape, other.shape)
        if long.count < short.count { swap(&long, &short) }
        let shift = long.count - short.count
        for (k, d) in short.enumerated() where d != long[k + shift] {
            try require(
                d == 1 || long[k + shift] == 1, .shape,
                "\(name) cannot broadcast \(shapeText(shape)) and \(shapeText(other.shape))")
            if d != 1 { long[k + shift] = d }
        }
        shape = long
    }
    try checkRank(shape, name)
    _ = try checkedCount(shape)
    return shape
}

extension OpSpec {
    /// Integers that older opsets give as the attribute `name` and newer ones as the constant input `i`.
    func list(_ name: String, input i: Int) throws(KingletError) -> [Int]? {
        if let list = try attributes.ints(name) { return list }
        guard let tensor = try constant(i, name) else { return nil }
        try require(
            tensor.type.dtype == .i64 || tensor.type.dtype == .i32, .badFile,
            "input '\(name)' is \(tensor.type.description)")
        return tensor.ints
    }

    /// The first input's type, or an error if it is left out.
    func first(_ name: String) throws(KingletError) -> TensorType {
        guard let type = inputs.first ?? nil else { throw KingletError(.badFile, "\(name) has no input") }
        return type
    }

    /// Stored axes of the ONNX axes `axes`, each once.
    func storedAxes(_ axes: [Int]) throws(KingletError) -> [Int] {
        var stored: [Int] = []
        for axis in axes {
            let k = try storedAxis(axis)
            try require(!stored.contains(k), .badFile, "axis \(axis) is given twice")
            stored.append(k)
        }
        return stored
    }
}
