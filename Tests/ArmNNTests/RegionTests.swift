import ArmNN
import Engine
import Testing

/// Graphs given as lists of inputs: node i makes value i; -1 is the graph's input.
@Suite struct RegionTests {
    private static func sets(_ nodes: [[Int]], claimed: Set<Int>) -> [[Int]] {
        var graph = Graph()
        let type = TensorType(.f32, [1])
        for i in 0...nodes.count { _ = graph.add(.init(name: "\(i)", type: type)) }
        for (i, inputs) in nodes.enumerated() {
            graph.nodes.append(
                .init(name: "\(i)", kind: "Relu", op: Relu(), inputs: inputs.map { $0 + 1 }, outputs: [i + 1]))
        }
        graph.inputs = [0]
        return Regions(graph, claimed: nodes.indices.map { claimed.contains($0) }).sets
    }

    @Test func regionsAreLargestConvexSetsOfClaimedNodes() {
        let chain = [[-1], [0], [1], [2]]
        let diamond = [[-1], [0], [0], [1, 2]]
        for (name, nodes, claimed, wanted) in [
            ("a chain", chain, [0, 1, 2, 3], [[0, 1, 2, 3]]),
            ("a chain with a hole", chain, [0, 1, 3], [[0, 1], [3]]),
            ("nothing", chain, [], []),
            ("a diamond", diamond, [0, 1, 2, 3], [[0, 1, 2, 3]]),
            // 0 → 2 → 3 leaves and comes back: 3 cannot run with 0.
            ("a diamond with a hole", diamond, [0, 1, 3], [[0, 1], [3]]),
            ("two inputs", [[-1], [-1], [0, 1]], [0, 1, 2], [[0, 1, 2]]),
            ("strangers", [[-1], [-1]], [0, 1], [[0], [1]]),
            ("a long way round", [[-1], [0], [1], [2], [0, 3]], [0, 1, 3, 4], [[0, 1], [3, 4]]),
        ] as [(String, [[Int]], Set<Int>, [[Int]])] {
            #expect(Self.sets(nodes, claimed: claimed) == wanted, "\(name)")
        }
    }
}
