/// A float operator between DequantizeLinear and QuantizeLinear becomes the integer operator that computes the same up to
/// rounding. Relu and Clip before the quantization become limits of the integers. What has no integer form stays float.
public final class FuseQuantized: Pass {
    public init() {}
    public var name: String { "FuseQuantized" }

    public func apply(_ graph: inout Graph) throws(KingletError) {
        var scene = QuantizedGraph(graph)
        for i in graph.nodes.indices where !scene.dead[i] {
            if let fused = try fused(i, &scene), scene.fits(fused) { scene.replace(i, by: fused) }
        }
        graph = scene.result()
        graph.dropIdentityTables()
    }

    private func fused(_ i: Int, _ scene: inout QuantizedGraph) throws(KingletError) -> QuantizedGraph.Fused? {
        switch scene.graph.nodes[i].kind {
        case "Conv": try scene.conv(i)
        case "Gemm": try scene.gemm(i)
        case "MatMul": try scene.matMul(i)
        case "Add", "Sub", "Mul": scene.pair(i)
        case "GlobalAveragePool", "AveragePool", "ReduceMean": scene.pool(i)
        case "Concat": scene.concat(i)
        case "Pad": try scene.pad(i)
        default: scene.table(i)
        }
    }
}

/// A graph under FuseQuantized: who computes and who reads each value, and which nodes are no longer wanted.
struct QuantizedGraph {
    var graph: Graph
    private let producers: [Int?]
    private let readers: [[Int]]
    private let isOutput: [Bool]
    var dead: [Bool]
    /// Nodes to run before node i.
    private var before: [[Graph.Node]]

    /// What an operator becomes.
    struct Fused {
        var kind: String
        var op: any Op
        var inputs: [Int]
        var output: Int
        /// Nodes whose work it does too.
        var absorbed: [Int] = []
    }

    /// Where a float value goes: to one quantization, after being limited to `low ... high`.
    struct Sink {
        let value: Int
        let quantization: Quantization
        let low: Float
        let high: Float
        let absorbed: [Int]
        var output: IntegerOutput { IntegerOutput(quantization, low: low, high: high) }
    }

    init(_ graph: Graph) {
        self.graph = graph
        producers = graph.producers()
        readers = graph.readers()
        isOutput = graph.isOutput()
        dead = [Bool](repeating: false, count: graph.nodes.count)
        before = [[Graph.Node]](repeating: [], count: graph.nodes.count)
    }

    /// The DequantizeLinear that makes `v`, if it has the form that `constant` asks for.
    func dequantizer(_ v: Int) -> (x: Int, scale: ScaleAxis)? {
        guard v < producers.count, let p = producers[v], let op = graph.nodes[p].op as? DequantizeLinear else { return nil }
        return (graph.nodes[p].inputs[0], op.scale)
    }

    /// The int8 value that float `v` is, with its scale.
    func source(_ v: Int) -> (x: Int, quantization: Quantization)? {
        guard let (x, scale) = dequantizer(v), scale.dtype == .i8, let single = scale.single else { return nil }
        return (x, single)
    }

    /// Quantized constants that float `v` is.
    func weights(_ v: Int) -> (x: Int, tensor: Tensor, scale: ScaleAxis)? {
        guard let (x, scale) = dequantizer(v), let tensor = graph.values[x].constant else { return nil }
        return (x, tensor, scale)
    }

    /// Only node that reads `v`, if nobody else needs it.
    func onlyReader(_ v: Int) -> Int? {
        readers[v].count == 1 && !isOutput[v] ? readers[v][0] : nil
    }

    /// Where float `v` goes, if it goes to one quantization.
    func sink(_ v: Int) -> Sink? {
        var (v, low, high): (Int, Float, Float) = (v, -.infinity, .infinity)
        var absorbed: [Int] = []
        while let r = onlyReader(v) {
            let node = graph.nodes[r]
            absorbed.append(r)
            v = node.outputs[0]
            if let quantize = node.op as? QuantizeLinear, quantize.scale.dtype == .i8, let to = quantize.scale.single {
                return Sink(value: v, quantization: to, low: low, high: high, absorbed: absorbed)
            }
            guard let range = FuseActivation.range(node.op) else { return nil }
            (low, high) = (clamp(low, range.low, range.high), clamp(high, range.low, range.high))
        }
        return nil
    }

    /// Whether the operator accepts its inputs and makes what is wanted.
    func fits(_ fused: Fused) -> Bool {
        (try? fused.op.infer(fused.inputs.map { graph.values[$0].type })) == [graph.values[fused.output].type]
    }

    /// Runs `node` before node `i`.
    mutating func insert(_ node: Graph.Node, before i: Int) { before[i].append(node) }

    mutating func replace(_ i: Int, by fused: Fused) {
        for a in fused.absorbed { dead[a] = true }
        graph.nodes[i] = Graph.Node(
            name: graph.nodes[i].name, kind: fused.kind, op: fused.op, inputs: fused.inputs, outputs: [fused.output])
    }

    func result() -> Graph {
        var result = graph
        result.nodes = []
        for i in graph.nodes.indices where !dead[i] { result.nodes += before[i] + [graph.nodes[i]] }
        return result
    }
}
