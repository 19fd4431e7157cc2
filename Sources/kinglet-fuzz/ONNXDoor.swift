import Engine
import ONNX

extension Door {
    /// Everything that happens to a model: read, written and read again, lowered, optimized, planned and, where it is
    /// small, run.
    static let onnx = Door(
        name: "onnx", milliseconds: 10_000, mutate: { mutator, round in mutator.messages(round) }
    ) { bytes in
        do {
            let model = try Model(storage: try copy(bytes))
            let again = try Model(storage: try model.serialized())
            precondition(again.nodes.count == model.nodes.count)
            var graph = try model.graph()
            try run(graph)
            graph = try graph.optimized()
            try run(graph)
            return true
        } catch { return false }
    }

    private static func copy(_ bytes: UnsafeRawBufferPointer) throws(KingletError) -> Storage {
        let storage = try Storage(bytes: bytes.count)
        if let base = bytes.baseAddress { storage.base.copyMemory(from: base, byteCount: bytes.count) }
        return storage
    }

    private static func run(_ graph: Graph) throws(KingletError) {
        let plan = try Plan(graph)
        let limit = 4 << 20
        guard plan.arenaBytes <= limit && plan.packedBytes <= limit else { return }
        try Session(plan, threads: try ThreadPool(1)).run()
    }
}
