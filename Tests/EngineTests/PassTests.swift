import Engine
import Testing

/// a ∘ b, where b may be a number or one for each channel.
private final class Pointwise: Op {
    let apply: @Sendable (Float, Float) -> Float
    init(_ apply: @escaping @Sendable (Float, Float) -> Float) { self.apply = apply }
    func infer(_ x: [TensorType]) -> [TensorType] { [x[0].count < x[1].count ? x[1] : x[0]] }
    func forward(_ frame: Frame, _ worker: Worker) {
        let (a, b, y) = (frame.x[0], frame.x[1], frame.y[0])
        for i in worker.share(of: y.count) { y.f32[i] = apply(a.f32[i % a.count], b.f32[i % b.count]) }
    }
}

/// A graph that grows by one operator at a time.
private struct Sketch {
    var graph = Graph()
    private var noise = Noise(state: 7)

    mutating func input(_ shape: [Int]) -> Int {
        let v = graph.add(.init(name: "input", type: TensorType(.f32, shape)))
        graph.inputs.append(v)
        return v
    }

    /// Noise in 0.5 ... 1.5.
    mutating func weight(_ shape: [Int]) throws -> Int {
        let values = (0..<shape.reduce(1, *)).map { _ in noise.next() / 2 + 1 }
        let tensor = try Tensor(values, shape: shape)
        return graph.add(.init(name: "w\(graph.values.count)", type: tensor.type, constant: tensor, origin: "w"))
    }

    mutating func apply(_ kind: String, _ op: any Op, _ x: [Int]) throws -> Int {
        let type = try op.infer(x.map { graph.values[$0].type })[0]
        let y = graph.add(.init(name: "v\(graph.values.count)", type: type))
        graph.nodes.append(.init(name: "n\(graph.nodes.count)", kind: kind, op: op, inputs: x, outputs: [y]))
        return y
    }

    mutating func conv(_ x: Int, _ outputs: Int, _ kernel: Int, bias: Bool = true) throws -> Int {
        let channels = graph.values[x].type.shape[3]
        let pads = [Int](repeating: kernel / 2, count: 4)
        let w = [try weight([outputs, kernel, kernel, channels])] + (bias ? [try weight([outputs])] : [])
        return try apply("Conv", Conv(try Window(Attributes(["pads": .ints(pads)]))), [x] + w)
    }

    mutating func norm(_ x: Int) throws -> Int {
        var inputs = [x]
        for _ in 0..<4 { inputs.append(try weight([graph.values[x].type.shape.last ?? 1])) }
        return try apply("BatchNormalization", BatchNormalization(epsilon: 1e-3), inputs)
    }

    mutating func add(_ a: Int, _ b: Int) throws -> Int { try apply("Add", Pointwise { $0 + $1 }, [a, b]) }
    mutating func relu(_ x: Int) throws -> Int { try apply("Relu", Relu(), [x]) }
}

@Suite struct PassTests {
    private static func run(_ graph: Graph) throws -> [[Float]] {
        let session = try Session(try Plan(graph), threads: try ThreadPool(1))
        var noise = Noise(state: 3)
        for x in session.inputs { for i in 0..<x.count { x.f32[i] = noise.next() } }
        session.run()
        return session.outputs.map { y in (0..<y.count).map { y.f32[$0] } }
    }

    /// Optimizes, compares what both compute, and which kinds of operators remain.
    private static func check(_ name: String, _ kinds: [String], _ make: (inout Sketch) throws -> [Int]) throws {
        var sketch = Sketch()
        sketch.graph.outputs = try make(&sketch)
        let optimized = try sketch.graph.optimized()
        #expect(optimized.nodes.map { $0.kind } == kinds, "\(name)")
        #expect(
            optimized.outputs.map { optimized.values[$0].name }
                == sketch.graph.outputs.map { sketch.graph.values[$0].name })
        for value in optimized.values where value.constant != nil && value.name.hasPrefix("n") {
            #expect(value.origin == nil, "\(name): a derived weight claims to come from the file")
        }
        for (a, b) in zip(try run(sketch.graph), try run(optimized)) {
            let scale = a.reduce(Float(1)) { max($0, abs($1)) }
            let error = ConvTests.worst(a, b) / scale
            #expect(error < 1e-5, "\(name): off by \(error)")
        }
    }

    @Test func batchNormalizationAndActivationsDisappearIntoProducts() throws {
        try Self.check("conv, norm, relu", ["Conv"]) { s in
            let x = s.input([1, 6, 6, 5])
            return [try s.relu(try s.norm(try s.conv(x, 9, 3, bias: false)))]
        }
        try Self.check("conv with bias, norm twice", ["Conv"]) { s in
            let x = s.input([1, 6, 6, 5])
            return [try s.norm(try s.norm(try s.conv(x, 9, 1)))]
        }
        try Self.check("gemm, norm, relu", ["Gemm"]) { s in
            let x = s.input([3, 6])
            let gemm = Gemm(alpha: 0.5, beta: 2, transB: true)
            return [try s.relu(try s.norm(try s.apply("Gemm", gemm, [x, try s.weight([7, 6]), try s.weight([7])])))]
        }
        try Self.check("matmul, bias, relu", ["MatMul"]) { s in
            let x = s.input([3, 6])
            let y = try s.apply("MatMul", MatMul(), [x, try s.weight([6, 7])])
            return [try s.relu(try s.add(try s.weight([7]), y))]
        }
        try Self.check("scaled, shifted, subtracted, divided", ["Conv"]) { s in
            var y = try s.conv(s.input([1, 4, 4, 3]), 6, 1)
            y = try s.apply("Mul", Pointwise { $0 * $1 }, [y, try s.weight([1, 1, 1, 6])])
            y = try s.add(y, try s.weight([]))
            y = try s.apply("Sub", Pointwise { $0 - $1 }, [try s.weight([6]), y])
            return [try s.apply("Div", Pointwise { $0 / $1 }, [y, try s.weight([6])])]
        }
    }

    @Test func limitsAndPaddingDisappear() throws {
        try Self.check("pad, conv, clip", ["Conv"]) { s in
            let x = s.input([1, 6, 6, 5])
            let y = try s.apply("Pad", Pad(before: [0, 1, 2, 0], after: [0, 0, 1, 0]), [x])
            return [try s.apply("Clip", Clip(low: 0, high: 2), [try s.conv(y, 9, 3)])]
        }
        try Self.check("pad with ones", ["Pad", "Conv"]) { s in
            let x = s.input([1, 6, 6, 5])
            let one = try Tensor([Float(1)], shape: [])
            return [
                try s.conv(try s.apply("Pad", Pad(before: [0, 1, 2, 0], after: [0, 0, 1, 0], value: one), [x]), 9, 3)
            ]
        }
        try Self.check("norm, relu, conv", ["BatchNormalization", "Conv"]) { s in
            let x = s.input([1, 6, 6, 5])
            return [try s.conv(try s.relu(try s.norm(x)), 9, 3)]
        }
        try Self.check("add, relu", ["Add"]) { s in
            let x = s.input([1, 6, 6, 5])
            return [try s.relu(try s.apply("Add", Binary(.add), [x, try s.weight([5])]))]
        }
    }

    @Test func transposesCancel() throws {
        try Self.check("to and fro", ["Conv"]) { s in
            let x = try s.apply("Transpose", Transpose([0, 3, 1, 2]), [s.input([1, 6, 6, 5])])
            return [try s.conv(try s.apply("Transpose", Transpose([0, 2, 3, 1]), [x]), 4, 1)]
        }
        try Self.check("two become one", ["Transpose"]) { s in
            let x = try s.apply("Transpose", Transpose([1, 2, 0]), [s.input([2, 3, 4])])
            return [try s.apply("Transpose", Transpose([1, 0, 2]), [x])]
        }
    }

    @Test func residualsAreAddedByTheLaterConvolution() throws {
        try Self.check("block", ["Conv", "Conv"]) { s in
            let x = s.input([1, 6, 6, 8])
            let y = try s.relu(try s.norm(try s.conv(x, 8, 3)))
            return [try s.relu(try s.add(x, try s.norm(try s.conv(y, 8, 3, bias: false))))]
        }
        try Self.check("projected shortcut", ["Conv", "Conv"]) { s in
            let x = s.input([2, 5, 5, 8])
            return [try s.relu(try s.add(try s.conv(x, 12, 3), try s.conv(x, 12, 1)))]
        }
    }

    @Test func whatSomebodyElseReadsStays() throws {
        try Self.check("convolution read twice", ["Conv", "BatchNormalization"]) { s in
            let y = try s.conv(s.input([1, 4, 4, 3]), 6, 1)
            return [y, try s.norm(y)]
        }
        try Self.check("added to itself", ["Conv", "Add"]) { s in
            let y = try s.conv(s.input([1, 4, 4, 3]), 6, 1)
            return [try s.add(y, y)]
        }
        try Self.check("relu before the norm", ["Conv", "BatchNormalization"]) { s in
            [try s.norm(try s.relu(try s.conv(s.input([1, 4, 4, 3]), 6, 1)))]
        }
        try Self.check("nobody reads it", ["Conv"]) { s in
            let y = try s.conv(s.input([1, 4, 4, 3]), 6, 1)
            _ = try s.norm(y)
            return [y]
        }
    }

    @Test func identitiesDisappear() throws {
        final class Same: Op {
            var isView: Bool { true }
            func infer(_ x: [TensorType]) -> [TensorType] { x }
            func forward(_ frame: Frame, _ worker: Worker) {}
        }
        try Self.check("inside and at the end", ["Conv", "Conv"]) { s in
            let x = s.input([1, 4, 4, 3])
            var y = try s.conv(try s.apply("Identity", Same(), [x]), 6, 1)
            y = try s.conv(try s.apply("Dropout", Same(), [y]), 3, 1)
            return [try s.apply("Identity", Same(), [try s.apply("Reshape", Same(), [y])])]
        }
        try Self.check("from input to output", ["Identity"]) { s in
            [try s.apply("Identity", Same(), [s.input([1, 4])])]
        }
        try Self.check("one value under two names", ["Conv", "Identity"]) { s in
            let y = try s.conv(s.input([1, 4, 4, 3]), 6, 1)
            return [y, try s.apply("Identity", Same(), [y])]
        }
    }
}
