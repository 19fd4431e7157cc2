import Engine

/// One case of one operator with values, ready to run: parameters are in the operator, the other inputs in `x`.
struct Trial {
    let name: String
    let op: any Op
    let x: [Tensor]
    /// All inputs, parameters included.
    let given: [Tensor]
    let test: OpCase
    let y: [TensorType]
    /// Those of `x` that a model has as weights.
    let weights: Set<Int>

    init(_ entry: OpEntry, _ test: OpCase, seed: UInt64 = 1) throws {
        name = entry.names[0] + ", " + test.name
        var noise = IntegerNoise(seed)
        var (running, fixed): ([Tensor], Set<Int>) = ([], [])
        var constants = [Tensor?](repeating: nil, count: test.inputs.count)
        var given: [Tensor] = []
        for (i, type) in test.inputs.enumerated() {
            if let values = test.constants[i] { constants[i] = try Trial.tensor(type, values) }
            if let fixed = constants[i] { given.append(fixed) } else { given.append(try Trial.random(type, &noise)) }
            if entry.parameters.contains(i) { continue }
            if constants[i] != nil { fixed.insert(running.count) }
            running.append(given[i])
        }
        let spec = OpSpec(
            test.attributes, opset: test.opset, inputs: test.inputs, constants: constants, outputCount: test.outputCount
        )
        op = try entry.make(spec)
        x = running
        self.given = given
        self.test = test
        y = try op.infer(running.map { $0.type })
        weights = fixed.union(op.packedInputs.filter { $0 < running.count })
    }

    static func tensor(_ type: TensorType, _ values: [Float]) throws -> Tensor {
        switch type.dtype {
        case .f32: try Tensor(values, shape: type.shape)
        case .i64: try Tensor(values.map { Int64($0) }, shape: type.shape)
        case .i32: try Tensor(.i32, type.shape, values.map { Int32($0) })
        case .i8: try Tensor(.i8, type.shape, values.map { Int8($0) })
        case .u8, .bool: try Tensor(type.dtype, type.shape, values.map { UInt8($0) })
        case .f64: try Tensor(.f64, type.shape, values.map { Double($0) })
        }
    }

    static func random(_ type: TensorType, _ noise: inout IntegerNoise) throws -> Tensor {
        let range: ClosedRange<Int>
        switch type.dtype {
        case .f32, .f64: return try tensor(type, (0..<type.count).map { _ in noise.float(-3, 3) })
        case .i8: range = -128...127
        case .u8: range = 0...255
        case .bool: range = 0...1
        case .i32, .i64: range = -50...50
        }
        return try tensor(type, (0..<type.count).map { _ in Float(noise.int(range)) })
    }

    /// A graph of this operator alone; the inputs in `constants` are weights.
    func graph(constants: Set<Int>) -> Graph {
        var graph = Graph()
        for (i, tensor) in x.enumerated() {
            let isWeight = constants.contains(i)
            let v = graph.add(.init(name: "x\(i)", type: tensor.type, constant: isWeight ? tensor : nil))
            if !isWeight { graph.inputs.append(v) }
        }
        let inputs = Array(graph.values.indices)
        graph.outputs = y.map { graph.add(.init(name: "y", type: $0)) }
        graph.nodes = [.init(name: "op", kind: "op", op: op, inputs: inputs, outputs: graph.outputs)]
        return graph
    }
}
