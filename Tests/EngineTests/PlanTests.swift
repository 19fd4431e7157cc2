import Engine
import Testing

/// Graphs of random operators: the plan's one arena against a run that reuses no memory.
@Suite struct PlanTests {
    /// A graph of `count` operators over a few small shapes, with views, in-place operators, several readers and outputs.
    private static func random(_ noise: inout IntegerNoise, _ count: Int) throws -> Graph {
        var graph = Graph()
        let shapes = [[4, 6], [24], [2, 3, 4], [6, 4]]
        for shape in shapes.prefix(noise.int(1...3)) {
            graph.inputs.append(graph.add(.init(name: "x", type: TensorType(.f32, shape))))
        }
        let weight = try noise.floats([4, 6], -1, 1)
        var values = graph.inputs + [graph.add(.init(name: "w", type: weight.type, constant: weight))]
        for i in 0..<count {
            let a = values[noise.int(0...values.count - 1)]
            let shape = graph.values[a].type.shape
            let same = values.filter { graph.values[$0].type.shape == shape }
            let b = same[noise.int(0...same.count - 1)]
            let (op, x): (any Op, [Int]) =
                switch noise.int(0...7) {
                case 0: (Relu(), [a])
                case 1: (Unary(.tanh), [a])
                case 2: (Binary(.add), [a, b])
                case 3: (Binary(.sub, low: -1, high: 1), [a, b])
                case 4: (Reshape(to: shapes[noise.int(0...3)]), [a])
                case 5: (Transpose(Array(shape.indices.reversed())), [a])
                case 6: (Softmax(axes: [0]), [a])
                default: (Identity(), [a])
                }
            let type = try op.infer(x.map { graph.values[$0].type })[0]
            let y = graph.add(.init(name: "v\(i)", type: type))
            graph.nodes.append(.init(name: "n\(i)", kind: "op", op: op, inputs: x, outputs: [y]))
            values.append(y)
        }
        let computed = values.filter { $0 >= graph.inputs.count && graph.values[$0].constant == nil }
        for _ in 0..<noise.int(1...3) { graph.outputs.append(computed[noise.int(0...computed.count - 1)]) }
        graph.outputs.append(computed[computed.count - 1])
        return graph
    }

    /// Every value in memory of its own.
    private static func separate(_ graph: Graph, _ inputs: [Tensor]) throws -> [Tensor] {
        var held = try graph.values.map { try $0.constant ?? Tensor(zeros: $0.type) }
        for (v, tensor) in zip(graph.inputs, inputs) { held[v] = tensor }
        let room = try Storage(bytes: 1 << 16)
        for node in graph.nodes {
            let views = (node.inputs + node.outputs).map { TensorView(held[$0].type, held[$0].base) }
            let frame = Frame(
                x: Array(views.prefix(node.inputs.count)), y: Array(views.dropFirst(node.inputs.count)),
                scratch: room.base,
                packed: room.base, target: Target())
            node.op.forward(frame, .alone)
        }
        return graph.outputs.map { held[$0] }
    }

    private static func bytes(_ tensor: Tensor) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: tensor.base, count: tensor.type.bytes))
    }

    @Test func oneArenaComputesWhatSeparateMemoryDoes() throws {
        let pools = try [1, 3].map { try ThreadPool($0) }
        var noise = IntegerNoise(11)
        for round in 0..<300 {
            let graph = try Self.random(&noise, noise.int(1...25))
            let inputs = try graph.inputs.map { try Trial.random(graph.values[$0].type, &noise) }
            let wanted = try Self.separate(graph, inputs).map(Self.bytes)
            for pool in pools {
                let session = try Session(try Plan(graph, target: Target(workers: pool.count)), threads: pool)
                // The second run finds in the arena what the first left there.
                for run in 1...2 {
                    for (view, tensor) in zip(session.inputs, inputs) {
                        view.base.copyMemory(from: tensor.base, byteCount: view.type.bytes)
                    }
                    session.run()
                    let got = session.outputs.map {
                        Array(UnsafeRawBufferPointer(start: $0.base, count: $0.type.bytes))
                    }
                    #expect(got == wanted, "graph \(round), \(pool.count) workers, run \(run)")
                }
            }
        }
    }

    @Test func aChainOfElementwiseOperatorsTakesOnePlaceAndOthersTakeTwo() throws {
        func chain(_ make: () -> any Op) throws -> Plan {
            var graph = Graph()
            graph.inputs = [graph.add(.init(name: "x", type: TensorType(.f32, [64, 64])))]
            for i in 0..<10 {
                let y = graph.add(.init(name: "v\(i)", type: TensorType(.f32, [64, 64])))
                graph.nodes.append(.init(name: "n\(i)", kind: "op", op: make(), inputs: [y - 1], outputs: [y]))
            }
            graph.outputs = [10]
            return try Plan(graph)
        }
        let block = 64 * 64 * 4 + 64
        #expect(try chain { Reshape(to: [64, 64]) }.arenaBytes == block)
        #expect(try chain { Relu() }.arenaBytes <= 2 * block)
        #expect(try chain { Transpose([1, 0]) }.arenaBytes == 2 * block)
    }

    @Test func aValueIsNotOverwrittenWhileAViewOfItIsStillToBeRead() throws {
        var graph = Graph()
        graph.inputs = [graph.add(.init(name: "x", type: TensorType(.f32, [8])))]
        func add(_ op: any Op, _ inputs: [Int]) throws -> Int {
            let y = graph.add(.init(name: "v", type: try op.infer(inputs.map { graph.values[$0].type })[0]))
            graph.nodes.append(.init(name: "n", kind: "op", op: op, inputs: inputs, outputs: [y]))
            return y
        }
        let a = try add(Unary(.exp), [0])
        let view = try add(Reshape(to: [2, 4]), [a])
        let b = try add(Unary(.neg), [a])
        let c = try add(Reshape(to: [2, 4]), [b])
        graph.outputs = [try add(Binary(.add), [view, c])]
        let y = try outputs(graph, [try Tensor([1, 2, 3, 4, 5, 6, 7, 8] as [Float], shape: [8])])
        #expect(y[0].floats == [Float](repeating: 0, count: 8))
    }
}
