import CArmNN
import Engine

/// A graph of which Arm NN runs what it can, and who runs what.
public struct Offload: Sendable {
    /// One set of nodes that runs as a whole.
    public struct Part: Sendable {
        public let name: String
        public let nodes: [Graph.Node]
        let region: Region
    }

    /// A node that stays here, and why.
    public struct Rest: Sendable {
        public let node: Graph.Node
        public let reason: String
    }

    public let graph: Graph
    public let device: String
    public let version: String
    public let parts: [Part]
    public let rest: [Rest]

    /// Rewrites `graph`, fresh from its file, for `device`, such as "CpuAcc" or "CpuAcc,CpuRef", on `threads` threads
    /// where Arm NN lets one choose.
    public init(_ graph: Graph, _ shim: Shim, device: String, threads: Int) throws(KingletError) {
        (self.device, version) = (device, shim.version)
        let scales = Scales()
        var passes = standardPasses
        passes.insert(scales, at: passes.firstIndex { $0 is FuseQuantized } ?? 0)
        var graph = try graph.optimized(passes)
        scales.spread(graph)

        var rest: [Rest] = []
        var claimed = [Bool](repeating: false, count: graph.nodes.count)
        for (i, node) in graph.nodes.enumerated() {
            do throws(KingletError) {
                let net = try Net(shim)
                try Offload.write([node], of: graph, scales, to: net)
                try net.check(device)
                claimed[i] = true
            } catch {
                rest.append(Rest(node: node, reason: error.message))
            }
        }

        var parts: [Part] = []
        var gone = [Bool](repeating: false, count: graph.nodes.count)
        var regions: [Graph.Node] = []
        for set in Regions(graph, claimed: claimed).sets {
            let nodes = set.map { graph.nodes[$0] }
            guard nodes.contains(where: Offload.pays) else {
                rest += nodes.map { Rest(node: $0, reason: "moves alone are not worth the way") }
                continue
            }
            let net = try Net(shim)
            let ends = try Offload.write(nodes, of: graph, scales, to: net)
            let name = "armnn\(parts.count)"
            do { try net.load(device, threads: threads) } catch { throw error.at("region \(name) on \(device)") }
            let constants = Offload.constants(nodes, graph)
            let region = Region(
                net, outputs: ends.outputs.map { graph.values[$0].type }, computed: ends.inputs.count,
                constants: constants.count)
            regions.append(
                Graph.Node(
                    name: name, kind: "ArmNN", op: region, inputs: ends.inputs + constants, outputs: ends.outputs))
            parts.append(Part(name: name, nodes: nodes, region: region))
            for i in set { gone[i] = true }
        }
        graph.nodes = graph.nodes.indices.filter { !gone[$0] }.map { graph.nodes[$0] } + regions
        graph.sortNodes()
        (self.graph, self.parts, self.rest) = (graph, parts, rest)
    }

    /// Throws if a run failed since the start.
    public func check() throws(KingletError) {
        for part in parts { if let failure = part.region.failure { throw failure.at("region \(part.name)") } }
    }

    /// Writes nodes into a network of their own: what it reads and what others read of it.
    @discardableResult
    private static func write(
        _ nodes: [Graph.Node], of graph: Graph, _ scales: Scales, to net: Net
    ) throws(KingletError) -> (inputs: [Int], outputs: [Int]) {
        let emitter = Emitter(graph: graph, scales: scales, net: net)
        let made = Set(nodes.flatMap { $0.outputs })
        var inputs: [Int] = []
        for v in nodes.flatMap({ $0.inputs })
        where graph.values[v].constant == nil && !made.contains(v) && !inputs.contains(v) {
            inputs.append(v)
            try net.input(v, try emitter.type(v))
        }
        for node in nodes { try emitter.emit(node) }
        let inner = nodes.reduce(into: [Int: Int]()) { counts, node in
            for v in Set(node.inputs) { counts[v, default: 0] += 1 }
        }
        let readers = graph.readers()
        let outputs = nodes.flatMap { $0.outputs }.filter {
            graph.outputs.contains($0) || readers[$0].count > inner[$0, default: 0]
        }
        for v in outputs { try net.output(v) }
        return (inputs, outputs)
    }

    private static func constants(_ nodes: [Graph.Node], _ graph: Graph) -> [Int] {
        var constants: [Int] = []
        for v in nodes.flatMap({ $0.inputs }) where graph.values[v].constant != nil && !constants.contains(v) {
            constants.append(v)
        }
        return constants
    }

    /// Whether a node does more than move or convert elements.
    private static func pays(_ node: Graph.Node) -> Bool {
        switch node.op {
        case is Reshape, is Identity, is Transpose, is Concat, is QuantizeLinear, is DequantizeLinear: false
        default: true
        }
    }
}
