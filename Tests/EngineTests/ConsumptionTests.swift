import Engine
import Testing

@Suite struct ConsumptionTests {
    /// y = x · a · b · a', weights at odd offsets in one block of memory; `shared` reads a twice, else a' follows b at once.
    static func graph(_ gap: Int, shared: Bool) throws -> (Graph, Storage) {
        let type = TensorType(.f32, [64, 64])
        let file = try Storage(bytes: 3 * type.bytes + 3 * gap + 64)
        var graph = Graph()
        graph.inputs = [graph.add(.init(name: "x", type: type))]
        var weights: [Int] = []
        for i in 0..<3 {
            let offset = 3 + gap + i * (type.bytes + gap)
            for k in 0..<type.count {
                let value = Float((k * (i + 3) * 7919) % 31 - 15) / 64
                file.base.storeBytes(of: value, toByteOffset: offset + 4 * k, as: Float.self)
            }
            weights.append(graph.add(.init(name: "w\(i)", type: type, constant: Tensor(type, in: file, at: offset))))
        }
        if shared { weights[2] = weights[0] }
        let matMul = try #require(entry(for: "MatMul"))
        var last = graph.inputs[0]
        for w in weights {
            let y = graph.add(.init(name: "y", type: type))
            let op = try matMul.make(
                OpSpec(inputs: [type, type], constants: [nil, graph.values[w].constant]))
            graph.nodes.append(.init(name: "n", kind: "MatMul", op: op, inputs: [last, w], outputs: [y]))
            last = y
        }
        graph.outputs = [last]
        return (graph, file)
    }

    static func outputs(_ graph: Graph, consuming: Bool) throws -> [Float] {
        let session = try Session(Plan(graph), threads: ThreadPool(1), consuming: consuming)
        for k in 0..<session.inputs[0].count { session.inputs[0].f32[k] = Float(k % 13) - 6 }
        session.run()
        return Array(UnsafeBufferPointer(start: session.outputs[0].f32, count: session.outputs[0].count))
    }

    @Test func aSessionThatConsumesItsWeightsComputesTheSame() throws {
        for gap in [0, 1, 2, 4, 5, 100] {
            for shared in [false, true] {
                let kept = try Self.outputs(Self.graph(gap, shared: shared).0, consuming: false)
                let consumed = try Self.outputs(Self.graph(gap, shared: shared).0, consuming: true)
                #expect(kept == consumed, "gap \(gap), shared \(shared)")
                #expect(kept.contains { $0 != 0 })
            }
        }
    }
}
