/// Knows which weights only `pack` reads, and when the last of their readers has packed them: their memory can go then,
/// so that a model and its packed copy are never both whole in memory.
struct Consumption {
    private struct Bytes: Hashable {
        let first: UInt
        let end: UInt
    }
    /// How many steps have still to pack each stretch of bytes.
    private var waiting: [Bytes: Int] = [:]

    init(_ plan: Plan) {
        let graph = plan.graph
        var only = [Bool](repeating: true, count: graph.values.count)
        for v in graph.outputs { only[v] = false }
        for step in plan.steps {
            let node = graph.nodes[step.node]
            let packs = step.packedBytes > 0 && !step.repack ? node.op.packedInputs : []
            for (i, v) in node.inputs.enumerated() {
                if packs.contains(i) {
                    if let bytes = Consumption.bytes(graph, v) { waiting[bytes, default: 0] += 1 }
                } else {
                    only[v] = false
                }
            }
        }
        // Several values may share bytes: the ends of the sorted stretches tell.
        var kept: [Bytes] = []
        for v in graph.values.indices where !only[v] {
            if let bytes = Consumption.bytes(graph, v) {
                waiting[bytes] = nil
                kept.append(bytes)
            }
        }
        let all = (kept + waiting.keys).sorted { $0.first < $1.first }
        for (a, b) in zip(all, all.dropFirst()) where b.first < a.end && a != b {
            waiting[a] = nil
            waiting[b] = nil
        }
    }

    /// Memory worth giving back: whole pages of a constant.
    private static func bytes(_ graph: Graph, _ v: Int) -> Bytes? {
        guard let constant = graph.values[v].constant, constant.type.bytes >= 1 << 13 else { return nil }
        let (first, size) = (UInt(bitPattern: constant.base), UInt(constant.type.dtype.bytes))
        // From the aligned address below on: that is where `align` moves an unaligned weight to.
        return Bytes(first: first / size * size, end: first + UInt(constant.type.bytes))
    }

    /// Moves an unaligned weight that one step packs, and nobody else reads, down to the next aligned address; nil if it
    /// has to be copied. In a file its length stands before it, so that the move overwrites no other value.
    func align(_ graph: Graph, _ v: Int) -> UnsafeMutableRawPointer? {
        guard let bytes = Consumption.bytes(graph, v), waiting[bytes] == 1, let weight = graph.values[v].constant,
            weight.storage.isOwned, weight.offset >= weight.type.dtype.bytes
        else { return nil }
        let aligned = weight.base - Int(bitPattern: weight.base) % weight.type.dtype.bytes
        aligned.copyMemory(from: weight.base, byteCount: weight.type.bytes)
        return aligned
    }

    /// A step has packed its input `v`: whether nobody needs it any more.
    mutating func packed(_ graph: Graph, _ v: Int) -> Bool {
        guard let bytes = Consumption.bytes(graph, v), let left = waiting[bytes] else { return false }
        waiting[bytes] = left - 1
        return left == 1
    }
}
