import Engine

/// A classifier's graph made ready for training: it ends in logits, and its weights are known one by one.
public struct TrainableGraph: Sendable {
    /// What a weight is to its operator.
    public enum Role: Sendable {
        /// Of a product: decays.
        case weights
        case bias
        /// Scale and shift of a normalisation.
        case scale
        case shift
    }

    /// A constant that training may change.
    public struct Weight: Sendable {
        /// In the graph.
        public let value: Int
        public let role: Role
        /// The linear layer to which it belongs, counted from the input; a normalisation belongs to the layer before it.
        public let layer: Int
        /// The initializer of the file that it is.
        public let origin: String
        public let count: Int
        /// Weight decay pulls at it.
        public var decays: Bool { role == .weights }
    }

    public let graph: Graph
    /// In running order.
    public let weights: [Weight]
    public let layers: Int
    /// Of normalisations that use those of the batch.
    public let statistics: [BatchStatistic]

    /// `graph` as the file has it; `passes` make it cheaper without touching what is trained.
    public init(_ source: Graph, passes: [any Pass], batchStatistics: Bool = false) throws(KingletError) {
        var graph = source
        TrainableGraph.cutSoftmax(&graph)
        graph = try graph.optimized(passes)
        statistics = batchStatistics ? try graph.useBatchStatistics() : []
        self.graph = graph
        var found = Finder(graph)
        weights = try found.run()
        layers = found.layers
    }

    /// Takes a Softmax over the classes off the end: losses are computed from logits.
    private static func cutSoftmax(_ graph: inout Graph) {
        let producers = graph.producers()
        guard graph.outputs.count == 1 else { return }
        let y = graph.outputs[0]
        // Axes of one element may be dropped between the Softmax and the output.
        guard let p = producers[y], let softmax = graph.nodes[p].op as? Softmax, !softmax.log,
            softmax.axes == [graph.values[y].type.rank - 1]
        else { return }
        graph.outputs[0] = graph.nodes[p].inputs[0]
    }

    /// Constants that hold means and variances of normalisations.
    public var runningStatistics: [Int] {
        var list: [Int] = []
        for node in graph.nodes {
            let places = node.op is FoldBatchNorm ? [4, 5] : node.op is BatchNormalization ? [3, 4] : []
            for k in places where graph.values[node.inputs[k]].origin != nil && !list.contains(node.inputs[k]) {
                list.append(node.inputs[k])
            }
        }
        return list
    }

    /// How many inputs each output of the weight's layer sums up.
    public func inputs(of weight: Weight) -> Int {
        for node in graph.nodes where node.inputs.dropFirst().first == weight.value {
            let shape = graph.values[weight.value].type.shape
            if let gemm = node.op as? Gemm { return shape[gemm.transB ? 1 : 0] }
            if node.op is MatMul { return shape.count > 1 ? shape[shape.count - 2] : weight.count }
            return weight.count / max(shape[0], 1)
        }
        return weight.count
    }

    /// The weights that `selection` names.
    public func select(_ selection: TrainedPart) throws(KingletError) -> [Weight] {
        let chosen: [Weight]
        switch selection {
        case .all: chosen = weights
        case .head: chosen = weights.filter { $0.layer == layers - 1 }
        case .last(let n): chosen = weights.filter { $0.layer >= layers - n }
        case .batchNorm:
            try require(
                weights.contains { $0.role == .scale }, .usage,
                "the model has no BatchNormalization left to train: they were folded into its weights when it was exported"
            )
            chosen = weights.filter { $0.role == .scale || $0.role == .shift || $0.layer == layers - 1 }
        }
        try require(!chosen.isEmpty, .unsupported, "the model has no weights that can be trained")
        return chosen
    }
}

/// Which weights are trained.
public enum TrainedPart: Sendable, Equatable {
    case all
    /// The last layer.
    case head
    /// The last n layers with weights, and their normalisations.
    case last(Int)
    /// Normalisations and the last layer.
    case batchNorm

    public static let accepted = "all, head, last:N or batchnorm"

    public init(parsing text: String) throws(KingletError) {
        switch text {
        case "all": self = .all
        case "head": self = .head
        case "batchnorm": self = .batchNorm
        default:
            guard text.hasPrefix("last:"), let n = Int(text.dropFirst(5)), n >= 1 else {
                throw KingletError(.usage, "cannot train '\(text)': give \(TrainedPart.accepted)")
            }
            self = .last(n)
        }
    }

    public var text: String {
        switch self {
        case .all: "all"
        case .head: "head"
        case .last(let n): "last:\(n)"
        case .batchNorm: "batchnorm"
        }
    }
}

/// Finds the weights of a graph.
private struct Finder {
    let graph: Graph
    private(set) var layers = 0
    private var weights: [TrainableGraph.Weight] = []
    private var seen: Set<Int> = []
    /// The layer that made each value, or whose weights it is.
    private var layerOf: [Int: Int] = [:]

    init(_ graph: Graph) { self.graph = graph }

    mutating func run() throws(KingletError) -> [TrainableGraph.Weight] {
        let roles: [TrainableGraph.Role] = [.weights, .bias, .scale, .shift]
        for node in graph.nodes {
            if node.op is FoldBatchNorm {
                // It stands before the layer whose weights it makes.
                for (k, role) in roles.enumerated() { add(node, k, role, layers) }
            } else if node.op is FakeQuantize {
                // Weights that are trained in their quantized form; which layer reads them comes next.
                add(node, 0, .weights, layers)
            } else if node.op is Conv || node.op is Gemm || node.op is MatMul {
                for k in 0..<min(node.inputs.count, 3) { add(node, k, k == 2 ? .bias : .weights, layers) }
                layers += 1
            } else if node.op is BatchNormalization || node.op is BatchNormalizationTraining {
                add(node, 1, .scale, max(layers - 1, 0))
                add(node, 2, .shift, max(layers - 1, 0))
            } else if node.kind == "Add", node.inputs.count == 2, layers > 0 {
                for k in 0..<2 where isBias(node.inputs[k], of: node) { add(node, k, .bias, layers - 1) }
            }
        }
        var origins: Set<String> = []
        for w in weights {
            try require(
                origins.insert(w.origin).inserted, .unsupported,
                "weight '\(w.origin)' is used in two different axis orders: it cannot be trained")
        }
        return weights
    }

    /// A constant row that is added to the output of a product.
    private func isBias(_ v: Int, of node: Graph.Node) -> Bool {
        guard let constant = graph.values[v].constant, let other = node.inputs.first(where: { $0 != v }),
            let maker = graph.nodes.first(where: { $0.outputs.contains(other) })
        else { return false }
        return (maker.op is MatMul || maker.op is Gemm || maker.op is Conv)
            && constant.count == graph.values[other].type.shape.last
    }

    private mutating func add(_ node: Graph.Node, _ k: Int, _ role: TrainableGraph.Role, _ layer: Int) {
        guard k < node.inputs.count else { return }
        let value = graph.values[node.inputs[k]]
        guard let constant = value.constant, constant.type.dtype == .f32, let origin = value.origin,
            seen.insert(node.inputs[k]).inserted
        else { return }
        weights.append(
            TrainableGraph.Weight(
                value: node.inputs[k], role: role, layer: layer, origin: origin, count: constant.count))
    }
}
