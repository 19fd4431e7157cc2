/// Where everything in a graph lives while it runs: fixed, exact, known before anything runs.
public final class Plan: Sendable {
    /// One operator with the places of its values.
    struct Step: Sendable {
        let node: Int
        let inputs: [Place]
        let outputs: [Place]
        let scratch: Int
        /// Place in the packed constants.
        let packed: Int
        let packedBytes: Int
        /// What `pack` reads is computed by the graph: it has to run again before every `forward`.
        let repack: Bool
    }

    /// Where a value's bytes are.
    enum Place: Sendable {
        case arena(Int)
        case constant(Int)
    }

    public let graph: Graph
    public let target: Target
    /// Bytes of the one block that holds every computed value and all scratch memory.
    public let arenaBytes: Int
    /// Bytes of weights rearranged for the kernels.
    public let packedBytes: Int
    let steps: [Step]
    let inputs: [Place]
    let outputs: [Place]

    public init(_ graph: Graph, target: Target = Target()) throws(KingletError) {
        self.graph = graph
        self.target = target
        var blocks: [Arena.Block] = []
        var blockOf = [Int?](repeating: nil, count: graph.values.count)
        let end = graph.nodes.count

        // Views share their input's block; a block lives from its first writer to its last reader.
        func touch(_ v: Int, _ step: Int) {
            if let b = blockOf[v] { blocks[b].last = max(blocks[b].last, step) }
        }
        func open(_ v: Int, _ step: Int) {
            blockOf[v] = blocks.count
            blocks.append(Arena.Block(bytes: graph.values[v].type.bytes + Storage.slack, first: step, last: step))
        }
        let lastReader = Plan.lastReaders(graph)
        for v in graph.inputs where graph.values[v].constant == nil { open(v, -1) }
        for (i, node) in graph.nodes.enumerated() {
            for v in node.inputs { touch(v, i) }
            for (k, v) in node.outputs.enumerated() {
                if k == 0, let x = node.inputs.first, let b = blockOf[x], !graph.inputs.contains(x) || node.op.isView,
                    node.op.isView
                        || (node.op.inPlace && lastReader[x] == i && Plan.aliases(blockOf, b, lastReader) == i
                            && graph.values[x].type.bytes >= graph.values[v].type.bytes)
                {
                    blockOf[v] = b
                    touch(v, i)
                } else {
                    open(v, i)
                }
            }
        }
        for v in graph.outputs { touch(v, end) }
        // Inputs are written by the caller before the run and may be read again after it.
        var scratch = [Int?](repeating: nil, count: end)
        var packed = 0
        var packing: [(Int, Int)] = []
        for (i, node) in graph.nodes.enumerated() {
            let types = node.inputs.map { graph.values[$0].type }
            let bytes = node.op.scratchBytes(types, target)
            if bytes > 0 {
                scratch[i] = blocks.count
                blocks.append(Arena.Block(bytes: bytes, first: i, last: i))
            }
            let size = node.op.packedBytes(types, target)
            packing.append((packed, size))
            packed = Arena.sum(packed, (size + 63) & ~63)
        }
        let arena = Arena(blocks)
        arenaBytes = arena.bytes
        packedBytes = packed
        try Arena.check(Arena.sum(arenaBytes, packedBytes))

        func place(_ v: Int) -> Place { blockOf[v].map { .arena(arena.offsets[$0]) } ?? .constant(v) }
        inputs = graph.inputs.map(place)
        outputs = graph.outputs.map(place)
        steps = graph.nodes.enumerated().map { i, node in
            Step(
                node: i, inputs: node.inputs.map(place), outputs: node.outputs.map(place),
                scratch: scratch[i].map { arena.offsets[$0] } ?? 0, packed: packing[i].0, packedBytes: packing[i].1,
                repack: packing[i].1 > 0
                    && node.op.packedInputs.contains { k in
                        k < node.inputs.count && blockOf[node.inputs[k]] != nil
                    })
        }
    }

    /// The last node that reads each value; `nodes.count` for outputs, -1 if none does.
    private static func lastReaders(_ graph: Graph) -> [Int] {
        var last = [Int](repeating: -1, count: graph.values.count)
        for (i, node) in graph.nodes.enumerated() { for v in node.inputs { last[v] = i } }
        for v in graph.outputs { last[v] = graph.nodes.count }
        return last
    }

    /// The last node that reads any of the values in block `b`.
    private static func aliases(_ blockOf: [Int?], _ b: Int, _ lastReader: [Int]) -> Int {
        var last = -1
        for (v, block) in blockOf.enumerated() where block == b { last = max(last, lastReader[v]) }
        return last
    }
}
