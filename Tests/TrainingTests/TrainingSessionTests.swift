import Engine
import Testing
import Training

/// Graphs of random operators: the plan's one arena against passes that reuse no memory.
@Suite struct TrainingSessionTests {
    private static let shapes = [[4, 6], [24], [2, 3, 4], [6, 4]]

    static func tensor(_ random: inout Random, _ shape: [Int]) throws -> Tensor {
        try Tensor((0..<shape.reduce(1, *)).map { _ in random.uniform(-1, 1) }, shape: shape)
    }

    /// One input, two weights, values computed from weights alone, `count` operators in all, logits [4, 6].
    static func graph(_ random: inout Random, _ count: Int) throws -> Graph {
        var graph = Graph()
        graph.inputs = [graph.add(.init(name: "x", type: TensorType(.f32, shapes[random.below(4)])))]
        var values = graph.inputs
        for name in ["w", "v"] {
            let tensor = try tensor(&random, shapes[random.below(4)])
            values.append(graph.add(.init(name: name, type: tensor.type, constant: tensor, origin: name)))
        }
        for i in 0..<count {
            let a = values[i < 2 ? i : random.below(values.count)]
            let shape = graph.values[a].type.shape
            let same = values.filter { graph.values[$0].type.shape == shape }
            let b = same[random.below(same.count)]
            let (op, x): (any Op, [Int]) =
                switch random.below(9) {
                case 0: (Relu(), [a])
                case 1: (Unary(.tanh), [a])
                case 2: (Binary(.add), [a, b])
                case 3: (Binary(.sub, low: -1, high: 1), [a, b])
                case 4: (Binary(.mul), [a, b])
                case 5: (Reshape(to: shapes[random.below(4)]), [a])
                case 6: (Transpose(Array(shape.indices.reversed())), [a])
                case 7: (Softmax(axes: [0]), [a])
                default: (Identity(), [a])
                }
            let type = try op.infer(x.map { graph.values[$0].type })[0]
            let y = graph.add(.init(name: "v\(i)", type: type))
            graph.nodes.append(.init(name: "n\(i)", kind: "op", op: op, inputs: x, outputs: [y]))
            values.append(y)
        }
        // All that nobody read goes into the logits.
        var read = Set(graph.nodes.flatMap { $0.inputs })
        var sum: Int?
        for v in values where !read.contains(v) || v < 3 {
            let flat = graph.add(.init(name: "flat", type: TensorType(.f32, [4, 6])))
            graph.nodes.append(.init(name: "flat", kind: "op", op: Reshape(to: [4, 6]), inputs: [v], outputs: [flat]))
            read.insert(v)
            if let before = sum {
                let y = graph.add(.init(name: "sum", type: TensorType(.f32, [4, 6])))
                graph.nodes.append(
                    .init(name: "sum", kind: "op", op: Binary(.add), inputs: [before, flat], outputs: [y]))
                sum = y
            } else {
                sum = flat
            }
        }
        graph.outputs = [try #require(sum)]
        return graph
    }

    /// Logits and the gradients of all values, every value in memory of its own.
    private static func separate(_ graph: Graph, _ x: Tensor, _ dlogits: Tensor) throws -> (Tensor, [Tensor]) {
        var held = try graph.values.map { try $0.constant ?? Tensor(zeros: $0.type) }
        held[graph.inputs[0]] = x
        let gradients = try graph.values.map { try Tensor(zeros: $0.type) }
        let room = try Storage(bytes: 1 << 16)
        func view(_ tensor: Tensor) -> TensorView { TensorView(tensor.type, tensor.base) }
        for node in graph.nodes {
            let frame = Frame(
                x: node.inputs.map { view(held[$0]) }, y: node.outputs.map { view(held[$0]) }, scratch: room.base,
                packed: room.base, target: Target())
            withExtendedLifetime(room) { node.op.forward(frame, .alone) }
        }
        gradients[graph.outputs[0]].base.copyMemory(from: dlogits.base, byteCount: dlogits.type.bytes)
        for node in graph.nodes.reversed() {
            let op = try #require(node.op.gradient)
            // What a backward does to dy must not reach others.
            let dy = try node.outputs.map { v in
                let copy = try Tensor(zeros: gradients[v].type)
                copy.base.copyMemory(from: gradients[v].base, byteCount: copy.type.bytes)
                return copy
            }
            let frame = BackwardFrame(
                x: node.inputs.map { view(held[$0]) }, y: node.outputs.map { view(held[$0]) }, dy: dy.map(view),
                dx: node.inputs.map { view(gradients[$0]) }, adds: node.inputs.map { _ in true }, scratch: room.base,
                packed: room.base, target: Target())
            withExtendedLifetime((room, dy)) { op.backward(frame, .alone) }
        }
        return withExtendedLifetime((held, x)) { (held[graph.outputs[0]], gradients) }
    }

    /// Largest difference, over the largest magnitude where that exceeds 1.
    private static func distance(_ a: UnsafePointer<Float>, _ b: Tensor, times: Float = 1) -> Float {
        let b = b.floats.map { $0 * times }
        let scale = b.reduce(1) { max($0, abs($1)) }
        return b.indices.reduce(0) { max($0, abs(a[$1] - b[$1]) / scale) }
    }

    @Test func oneArenaGivesTheGradientsThatSeparateMemoryDoes() throws {
        let pools = try [1, 3].map { try ThreadPool($0) }
        var random = Random(seed: 5)
        for round in 0..<200 {
            let graph = try Self.graph(&random, 2 + random.below(18))
            let x = try Self.tensor(&random, graph.values[graph.inputs[0]].type.shape)
            let dlogits = try Self.tensor(&random, [4, 6])
            let (logits, gradients) = try Self.separate(graph, x, dlogits)
            for pool in pools {
                let plan = try TrainingPlan(
                    graph, .init(trained: [1, 2], slots: 1, programs: Program.allCases),
                    target: Target(workers: pool.count))
                let session = try TrainingSession(plan, threads: pool)
                var problems: [String] = []
                func check(_ what: String, _ distance: Float) {
                    if !(distance < 1e-5) { problems.append("\(what) differs by \(distance)") }
                }
                for (run, program) in [Program.forward, .weights, .inputs, .both, .weights].enumerated() {
                    session.input.base.copyMemory(from: x.base, byteCount: x.type.bytes)
                    session.forward(program)
                    check("run \(run): logits", Self.distance(session.logits.f32, logits))
                    if program == .forward { continue }
                    withExtendedLifetime(dlogits) {
                        session.dlogits.update(from: dlogits.base.assumingMemoryBound(to: Float.self), count: 24)
                    }
                    session.backward(program)
                    if program != .weights, let dx = session.inputGradient {
                        check("run \(run): input gradient", Self.distance(dx, gradients[0]))
                    }
                }
                // Three programs that train have run, one on top of the other.
                session.finish()
                for p in session.parameters {
                    let gradient = try #require(p.gradient)
                    check("gradient of \(p.value)", Self.distance(gradient.f32, gradients[p.value], times: 3))
                }
                session.clearGradients()
                let cleared = session.parameters.allSatisfy { p in
                    (0..<p.weights.count).allSatisfy { p.gradient?.f32[$0] == 0 }
                }
                if !cleared { problems.append("gradients are not cleared") }
                #expect(problems.isEmpty, "graph \(round), \(pool.count) workers: \(problems)")
            }
        }
    }

    @Test func newWeightsReachWhatIsComputedFromThem() throws {
        let pool = try ThreadPool(1)
        var random = Random(seed: 8)
        for round in 0..<50 {
            let graph = try Self.graph(&random, 2 + random.below(18))
            let x = try Self.tensor(&random, graph.values[0].type.shape)
            let session = try TrainingSession(
                try TrainingPlan(graph, .init(trained: [1, 2], programs: [.forward])), threads: pool)
            var other = graph
            for p in session.parameters {
                let fresh = try Self.tensor(&random, p.weights.shape)
                other.values[p.value].constant = fresh
                session.input.base.copyMemory(from: x.base, byteCount: x.type.bytes)
                session.forward(.forward)
                p.weights.base.copyMemory(from: fresh.base, byteCount: fresh.type.bytes)
            }
            session.weightsChanged()
            session.input.base.copyMemory(from: x.base, byteCount: x.type.bytes)
            session.forward(.forward)
            let wanted = try Self.separate(other, x, try Self.tensor(&random, [4, 6])).0
            #expect(Self.distance(session.logits.f32, wanted) < 1e-5, "graph \(round)")
        }
    }

    @Test func anOperatorWithoutGradientIsNamed() throws {
        var graph = Graph()
        graph.inputs = [graph.add(.init(name: "x", type: TensorType(.f32, [2, 3])))]
        graph.outputs = [graph.add(.init(name: "y", type: TensorType(.f32, [2, 3])))]
        graph.nodes = [.init(name: "odd one", kind: "Odd", op: NoGradient(), inputs: [0], outputs: [1])]
        let error = #expect(throws: KingletError.self) {
            _ = try TrainingPlan(graph, .init(programs: [.inputs]))
        }
        #expect(error?.message.contains("node 'odd one' (Odd)") == true && error?.kind == .unsupported)
    }
}

private final class NoGradient: Op {
    func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] { x }
    func forward(_ frame: Frame, _ worker: Worker) {}
}
