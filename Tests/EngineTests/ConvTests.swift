import Engine
import Testing

/// Values that look random and are the same every time.
struct Noise {
    var state: UInt64
    mutating func next() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int64(state >> 40)) / 8_388_608 - 1
    }
}

@Suite struct ConvTests {
    /// Runs one operator; inputs in `constants` are weights of the graph, the others are written before the run.
    static func run(_ op: any Op, _ x: [Tensor], constants: Set<Int>, kernels: Kernels = .best, workers: Int = 1) throws
        -> [Float]
    {
        var graph = Graph()
        var inputs: [Int] = []
        for (i, t) in x.enumerated() {
            inputs.append(graph.add(.init(name: "x\(i)", type: t.type, constant: constants.contains(i) ? t : nil)))
        }
        let y = graph.add(.init(name: "y", type: try op.infer(x.map { $0.type })[0]))
        graph.nodes = [.init(name: "op", kind: "op", op: op, inputs: inputs, outputs: [y])]
        graph.inputs = inputs.indices.filter { !constants.contains($0) }.map { inputs[$0] }
        graph.outputs = [y]
        let plan = try Plan(graph, target: Target(kernels: kernels, workers: workers))
        let session = try Session(plan, threads: try ThreadPool(workers))
        var result: [Float] = []
        for _ in 0..<2 {
            for (view, i) in zip(session.inputs, inputs.indices.filter { !constants.contains($0) }) {
                view.base.copyMemory(from: x[i].base, byteCount: x[i].type.bytes)
            }
            session.run()
            result = (0..<session.outputs[0].count).map { session.outputs[0].f32[$0] }
        }
        return result
    }

    static func noise(_ types: [TensorType], seed: UInt64 = 1) throws -> [Tensor] {
        var noise = Noise(state: seed)
        return try types.map { type throws(KingletError) in
            try Tensor((0..<type.count).map { _ in noise.next() }, shape: type.shape)
        }
    }

    static func worst(_ a: [Float], _ b: [Float]) -> Float {
        guard a.count == b.count else { return .infinity }
        return zip(a, b).reduce(Float(0)) { $1.0.isNaN || $1.1.isNaN ? .infinity : max($0, abs($1.0 - $1.1)) }
    }

    /// The formula, in double precision, from ONNX's attributes.
    static func reference(_ t: [Tensor], _ attributes: Attributes, clamp range: ClosedRange<Double>? = nil) throws
        -> [Float]
    {
        func lift(_ s: [Int]) -> [Int] { s.count == 4 ? s : [s[0], 1, s[1], s[2]] }
        let g = try ConvGeometry(Window(attributes), t[0].type, kernel: (lift(t[1].shape)[1], lift(t[1].shape)[2]))
        let (x, w, o) = (t[0].floats, t[1].floats, t[1].shape[0])
        let groups = try attributes.int("group", 1)
        let (gi, go) = (g.c / groups, o / groups)
        let bias = t.count > 2 ? t[2].floats : [Float](repeating: 0, count: o)
        var y: [Float] = []
        for n in 0..<g.n {
            for oy in 0..<g.oh {
                for ox in 0..<g.ow {
                    for k in 0..<o {
                        var sum = Double(bias[k])
                        for i in 0..<g.kh {
                            for j in 0..<g.kw {
                                let (row, column) = (oy * g.sh + i * g.dh - g.top, ox * g.sw + j * g.dw - g.left)
                                guard row >= 0, row < g.h, column >= 0, column < g.w else { continue }
                                let from = ((n * g.h + row) * g.w + column) * g.c + k / go * gi
                                let at = ((k * g.kh + i) * g.kw + j) * gi
                                for c in 0..<gi { sum += Double(x[from + c]) * Double(w[at + c]) }
                            }
                        }
                        y.append(Float(range.map { min(max(sum, $0.lowerBound), $0.upperBound) } ?? sum))
                    }
                }
            }
        }
        return y
    }

    @Test func convolutionEqualsItsFormulaOnEveryInstructionSet() throws {
        let convolution = try #require(entry(for: "Conv"))
        for item in convolution.cases {
            let x = try Self.noise(item.inputs)
            let op = try convolution.make(OpSpec(item.attributes, inputs: item.inputs))
            let wanted = try Self.reference(x, item.attributes)
            for kernels in Kernels.available {
                let y = try Self.run(op, x, constants: [1, 2], kernels: kernels)
                let error = Self.worst(y, wanted)
                #expect(error < 5e-5, "\(item.name), \(kernels.isa.name): off by \(error)")
                for workers in [2, 3] {
                    let z = try Self.run(op, x, constants: [1, 2], kernels: kernels, workers: workers)
                    #expect(y == z, "\(item.name), \(kernels.isa.name): \(workers) workers differ from one")
                }
            }
        }
    }

    @Test func weightsMayBeComputed() throws {
        let convolution = try #require(entry(for: "Conv"))
        for item in convolution.cases {
            let x = try Self.noise(item.inputs)
            let op = try convolution.make(OpSpec(item.attributes, inputs: item.inputs))
            let error = Self.worst(
                try Self.run(op, x, constants: [], workers: 2), try Self.run(op, x, constants: [1, 2]))
            #expect(error == 0, "\(item.name): off by \(error)")
        }
    }

    @Test func outputsAreClampedAfterTheResidualIsAdded() throws {
        let attributes = Attributes(["pads": .ints([1, 1, 1, 1])])
        for channels in [4, 8] {
            // Tiles with few channels, Winograd with more.
            let types = [[1, 8, 9, channels], [37, 3, 3, channels], [37], [1, 8, 9, 37]].map { TensorType(.f32, $0) }
            let x = try Self.noise(types)
            let sum = zip(try Self.reference(Array(x[..<3]), attributes), x[3].floats).map {
                min(max($0 + $1, -0.5), 1)
            }
            let clamped = try Self.reference(Array(x[..<3]), attributes, clamp: -0.5...1)
            for kernels in Kernels.available {
                let op = Conv(try Window(attributes), low: -0.5, high: 1, addsResidual: true)
                let error = Self.worst(try Self.run(op, x, constants: [1, 2], kernels: kernels, workers: 2), sum)
                #expect(error < 1e-5, "\(kernels.isa.name), \(channels) channels: off by \(error)")
                let plain = Conv(try Window(attributes), low: -0.5, high: 1)
                let off = Self.worst(try Self.run(plain, Array(x[..<3]), constants: [1, 2], kernels: kernels), clamped)
                #expect(off < 1e-5, "\(kernels.isa.name), \(channels) channels: off by \(off)")
            }
        }
    }

    @Test func coarseConvolutionsComeCloseToTheirFormula() throws {
        let attributes = Attributes(["pads": .ints([1, 1, 1, 1])])
        for shape in [[2, 8, 9, 16], [3, 10, 7, 21], [1, 17, 16, 8]] {
            let types = [shape, [21, 3, 3, shape[3]], [21], [shape[0], shape[1], shape[2], 21]].map {
                TensorType(.f32, $0)
            }
            let x = try Self.noise(types)
            let sum = zip(try Self.reference(Array(x[..<3]), attributes), x[3].floats).map { max($0 + $1, 0) }
            let op = Conv(try Window(attributes), low: 0, addsResidual: true, coarse: true)
            for kernels in Kernels.available {
                let y = try Self.run(op, x, constants: [1, 2], kernels: kernels)
                let z = try Self.run(op, x, constants: [1, 2], kernels: kernels, workers: 3)
                let error = Self.worst(y, sum)
                #expect(error < 2e-4 && y == z, "\(kernels.isa.name), \(shape): off by \(error)")
            }
        }
    }

    @Test func impossibleConvolutionsAreRefused() throws {
        let cases: [(String, [[Int]], [String: Attribute])] = [
            ("channels", [[1, 5, 5, 3], [4, 3, 3, 2]], [:]),
            ("groups", [[1, 5, 5, 4], [3, 3, 3, 2]], ["group": .int(2)]),
            ("too small", [[1, 2, 5, 3], [4, 3, 3, 3]], [:]),
            ("bias", [[1, 5, 5, 3], [4, 3, 3, 3], [3]], [:]),
            ("kernel_shape", [[1, 5, 5, 3], [4, 3, 3, 3]], ["kernel_shape": .ints([3, 2])]),
            ("huge pads", [[1, 5, 5, 3], [4, 3, 3, 3]], ["pads": .ints([Int.max, 0, 0, 0])]),
            ("huge padded image", [[1, 5, 5, 300], [4, 3, 3, 300]], ["pads": .ints([32768, 32768, 32768, 32768])]),
            ("negative pads", [[1, 5, 5, 3], [4, 3, 3, 3]], ["pads": .ints([0, -1, 0, 0])]),
            ("no stride", [[1, 5, 5, 3], [4, 3, 3, 3]], ["strides": .ints([0, 1])]),
            ("3-D", [[1, 5, 5, 5, 3], [4, 3, 3, 3, 3]], [:]),
            ("rank", [[1, 5, 5, 3], [4, 3, 3]], [:]),
            ("auto_pad", [[1, 5, 5, 3], [4, 3, 3, 3]], ["auto_pad": .string("SOME")]),
            ("group 0", [[1, 5, 5, 3], [4, 3, 3, 3]], ["group": .int(0)]),
        ]
        let convolution = try #require(entry(for: "Conv"))
        for (name, shapes, attributes) in cases {
            let types = shapes.map { TensorType(.f32, $0) }
            #expect(throws: KingletError.self, "\(name)") {
                _ = try convolution.make(OpSpec(Attributes(attributes), inputs: types)).infer(types)
            }
        }
    }
}
