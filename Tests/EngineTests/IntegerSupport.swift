import Engine

/// Pseudo-random numbers, the same in every run.
struct IntegerNoise {
    var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt32 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt32(truncatingIfNeeded: state >> 33)
    }
    mutating func int(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(next()) % range.count }
    mutating func float(_ low: Float, _ high: Float) -> Float { low + (high - low) * Float(next() % 65536) / 65535 }

    mutating func int8(_ shape: [Int]) throws -> Tensor {
        try Tensor(.i8, shape, (0..<shape.reduce(1, *)).map { _ in Int8(int(-128...127)) })
    }
    mutating func uint8(_ shape: [Int]) throws -> Tensor {
        try Tensor(.u8, shape, (0..<shape.reduce(1, *)).map { _ in UInt8(int(0...255)) })
    }
    mutating func int32(_ shape: [Int], _ limit: Int) throws -> Tensor {
        try Tensor(.i32, shape, (0..<shape.reduce(1, *)).map { _ in Int32(int(-limit...limit)) })
    }
    mutating func floats(_ shape: [Int], _ low: Float, _ high: Float) throws -> Tensor {
        try Tensor((0..<shape.reduce(1, *)).map { _ in float(low, high) }, shape: shape)
    }
}

/// Every available instruction set with 1, 2 and 3 workers.
let targets: [Target] = Kernels.available.flatMap { k in [1, 2, 3].map { Target(kernels: k, workers: $0) } }

/// The outputs of `graph` for `inputs`, as tensors.
func outputs(_ graph: Graph, _ inputs: [Tensor], _ target: Target = Target()) throws -> [Tensor] {
    let session = try Session(try Plan(graph, target: target), threads: try ThreadPool(target.workers))
    for (view, tensor) in zip(session.inputs, inputs) {
        view.base.copyMemory(from: tensor.base, byteCount: tensor.type.bytes)
    }
    session.run()
    return try session.outputs.map { view throws(KingletError) in
        let tensor = try Tensor(zeros: view.type)
        tensor.base.copyMemory(from: view.base, byteCount: view.type.bytes)
        return tensor
    }
}

/// A graph of one operator: input 0, and others that are not in `constants`, come from the caller.
func graph(_ op: any Op, _ inputs: [Tensor], constants: [Int] = [1, 2]) throws -> Graph {
    var graph = Graph()
    for (i, tensor) in inputs.enumerated() {
        let isConstant = i > 0 && constants.contains(i)
        let v = graph.add(Graph.Value(name: "x\(i)", type: tensor.type, constant: isConstant ? tensor : nil))
        if !isConstant { graph.inputs.append(v) }
    }
    let all = Array(graph.values.indices)
    let types = try op.infer(inputs.map { $0.type })
    let y = types.map { graph.add(Graph.Value(name: "y", type: $0)) }
    graph.nodes = [Graph.Node(name: "op", kind: "op", op: op, inputs: all, outputs: y)]
    graph.outputs = y
    return graph
}

/// Largest difference of two tensors of the same type, element by element.
func distance(_ a: Tensor, _ b: Tensor) -> Float {
    zip(a.floats, b.floats).map { abs($0 - $1) }.max() ?? 0
}

extension Graph {
    /// Adds a node of ONNX operator `kind`; its first output. `parameters` follow the inputs as constants.
    mutating func apply(
        _ kind: String, _ inputs: [Int], parameters: [Tensor] = [], _ attributes: [String: Attribute] = [:]
    ) throws -> Int {
        guard let entry = entry(for: kind) else { throw KingletError(.unsupported, kind) }
        let op = try entry.make(
            OpSpec(
                Attributes(attributes), inputs: inputs.map { values[$0].type } + parameters.map { $0.type },
                constants: inputs.map { values[$0].constant } + parameters.map { Optional($0) }))
        let type = try op.infer(inputs.map { values[$0].type })[0]
        let y = add(Value(name: "\(kind)\(nodes.count)", type: type))
        nodes.append(Node(name: "\(kind)\(nodes.count)", kind: kind, op: op, inputs: inputs, outputs: [y]))
        return y
    }

    mutating func constant(_ tensor: Tensor) -> Int {
        add(Value(name: "constant", type: tensor.type, constant: tensor))
    }

    mutating func quantize(_ x: Int, _ scale: Float, _ zero: Int, _ dtype: DType) throws -> Int {
        try apply("QuantizeLinear", [x], parameters: try scaleParameters([scale], [zero], dtype, []))
    }

    mutating func dequantize(
        _ x: Int, _ scales: [Float], _ zeros: [Int], axis: Int? = nil
    ) throws -> Int {
        try apply(
            "DequantizeLinear", [x],
            parameters: try scaleParameters(scales, zeros, values[x].type.dtype, axis == nil ? [] : [scales.count]),
            axis.map { ["axis": .int($0)] } ?? [:])
    }

    private func scaleParameters(_ scales: [Float], _ zeros: [Int], _ dtype: DType, _ shape: [Int]) throws -> [Tensor] {
        let zero =
            switch dtype {
            case .u8: try Tensor(.u8, shape, zeros.map { UInt8($0) })
            case .i8: try Tensor(.i8, shape, zeros.map { Int8($0) })
            default: try Tensor(.i32, shape, zeros.map { Int32($0) })
            }
        return [try Tensor(scales, shape: shape), zero]
    }

    /// Quantized and dequantized: what fake quantization makes of `x`.
    mutating func fake(_ x: Int, _ scale: Float, _ zero: Int, _ dtype: DType = .i8) throws -> Int {
        try dequantize(try quantize(x, scale, zero, dtype), [scale], [zero])
    }
}
