import Engine

/// Turns a model into a graph: node by node, every value with its type and with the order in which its axes are stored.
struct Lowering {
    /// An ONNX value. Axis j of it is axis `axes[j]` of the graph's value: Transpose renames axes and moves nothing.
    struct Held {
        var value: Int
        var axes: [Int]
    }

    /// How a value was made from constants alone by an operator that is not folded: it can be made again in another order.
    struct Recipe {
        let node: Model.Node
        let entry: OpEntry
        let inputs: [Held?]
    }

    /// A value's copy in another order of its axes.
    struct Moved {
        let order: AxisOrder
        let value: Int
    }

    let model: Model
    var graph = Graph()
    var held: [String: Held] = [:]
    var recipes: [Int: Recipe] = [:]
    var moved: [Int: [Moved]] = [:]
    /// Outputs of nodes that could not be made, and the reasons.
    var failed: Set<String> = []
    var problems: [String] = []
    /// Names of values that some node or output reads.
    var used: Set<String> = []
    /// Bytes that constant folding may still make.
    var foldable = 64 << 20

    init(_ model: Model) { self.model = model }

    mutating func run(
        batch: Int, shapes: [String: [Int]], outputs: [String]
    ) throws(KingletError) -> Graph {
        problems = model.unsupported()
        try giveUp()
        for node in model.nodes { used.formUnion(node.inputs) }
        used.formUnion(outputs)
        for initializer in model.initializers { add(initializer) }
        try addInputs(batch, shapes)
        for node in model.nodes {
            if node.inputs.contains(where: { failed.contains($0) }) {
                failed.formUnion(node.outputs)
                continue
            }
            do {
                let made = try lower(node, try node.inputs.mapTyped { name throws(KingletError) in try look(name) })
                for (name, value) in zip(node.outputs, made) where !name.isEmpty { held[name] = value }
            } catch  where error.kind == .unsupported {
                problems.append("\(node.label): \(error.message)")
                failed.formUnion(node.outputs)
            } catch {
                throw error.at(node.label)
            }
        }
        try giveUp()
        for name in outputs { try addOutput(name) }
        RemoveDead().apply(&graph)
        return graph
    }

    /// Everything that Kinglet lacks, in one error.
    private func giveUp() throws(KingletError) {
        guard !problems.isEmpty else { return }
        let most = 1000
        let rest = problems.count > most ? "\n  and \(problems.count - most) more" : ""
        if problems.count == 1 { throw KingletError(.unsupported, "not supported: " + problems[0]) }
        throw KingletError(.unsupported, "not supported:\n  " + joined(Array(problems.prefix(most)), "\n  ") + rest)
    }

    private func look(_ name: String) throws(KingletError) -> Held? {
        if name.isEmpty { return nil }
        guard let found = held[name] else {
            throw KingletError(.unsupported, "'\(name)' is an output that Kinglet does not compute")
        }
        return found
    }

    private mutating func add(_ initializer: Model.Initializer) {
        let tensor = initializer.tensor
        let value = graph.add(
            Graph.Value(name: initializer.name, type: tensor.type, constant: tensor, origin: initializer.name))
        held[initializer.name] = Held(value: value, axes: Array(0..<tensor.type.rank))
    }

    private mutating func addInputs(_ batch: Int, _ shapes: [String: [Int]]) throws(KingletError) {
        for (name, _) in shapes where !model.inputs.contains(where: { $0.name == name }) {
            throw KingletError(.usage, "the model has no input '\(name)'")
        }
        for input in model.inputs {
            guard let dtype = input.dtype else {
                throw KingletError(
                    .unsupported, "input '\(input.name)' is of type \(ElementType.name(input.elementType))")
            }
            let shape = try model.shape(of: input, batch: batch, shapes[input.name])
            _ = try checkedCount(shape)
            let order = model.inputOrder(input.name, rank: shape.count)
            let value = graph.add(
                Graph.Value(name: input.name, type: TensorType(dtype, order.store(shape)), order: order))
            graph.inputs.append(value)
            held[input.name] = Held(value: value, axes: Array(0..<shape.count))
        }
    }

    /// An output of the graph, in ONNX's order and under its own name.
    private mutating func addOutput(_ name: String) throws(KingletError) {
        guard let found = held[name] else { throw KingletError(.usage, "the model has no value '\(name)'") }
        var v = try demand(found, .identity(found.axes.count))
        let value = graph.values[v]
        let taken = graph.inputs.contains(v) || graph.outputs.contains(v) || value.constant != nil
        // Callers read an output in its own axes, not in those of the value that a Transpose renamed.
        if (taken && value.name != name) || !value.order.isIdentity {
            v = try view(v, value.type.shape, .identity(value.type.rank), name)
        }
        graph.values[v].name = name
        graph.outputs.append(v)
    }
}

extension Model {
    /// The network that computes the outputs (or `outputs`, any values of the model) for inputs of given shapes.
    /// `batch` is the size of a first dimension that the file leaves open; `shapes` gives whole shapes by input name.
    /// `Graph.Value.order` tells how the caller has to store each input; outputs are in ONNX's order.
    public func graph(
        batch: Int = 1, shapes: [String: [Int]] = [:], outputs: [String]? = nil
    ) throws(KingletError) -> Graph {
        do {
            try require(batch >= 1, .usage, "a batch of \(batch)")
            var lowering = Lowering(self)
            return try lowering.run(batch: batch, shapes: shapes, outputs: outputs ?? self.outputs.map { $0.name })
        } catch { throw error.at(label) }
    }

    fileprivate func shape(of input: Value, batch: Int, _ given: [Int]?) throws(KingletError) -> [Int] {
        guard let dimensions = input.shape else {
            if let given { return given }
            throw KingletError(.usage, "the model does not give the shape of input '\(input.name)': give it one")
        }
        if let given {
            var fits = given.count == dimensions.count
            for (n, dimension) in zip(given, dimensions) {
                if case .size(let m) = dimension, m != n { fits = false }
            }
            try require(
                fits, .usage, "input '\(input.name)' is \(text(dimensions)), which \(shapeText(given)) does not fit")
            return given
        }
        var shape: [Int] = []
        for (i, dimension) in dimensions.enumerated() {
            switch dimension {
            case .size(let n):
                try require(
                    i > 0 || batch == 1 || batch == n, .usage,
                    "a batch of \(batch), but input '\(input.name)' is fixed at \(text(dimensions))")
                shape.append(n)
            case .symbol(let name):
                let isBatch = i == 0 || (!name.isEmpty && dimension == dimensions[0])
                try require(
                    isBatch, .usage, "the size of input '\(input.name)' is open: \(text(dimensions)); give it a shape")
                shape.append(batch)
            }
        }
        return shape
    }

    private func text(_ dimensions: [Dimension]) -> String {
        let parts = dimensions.map { dimension in
            switch dimension {
            case .size(let n): String(n)
            case .symbol(let name): name.isEmpty ? "?" : name
            }
        }
        return "[" + joined(parts) + "]"
    }
}

extension Array {
    /// `map` with a typed error.
    func mapTyped<T>(_ transform: (Element) throws(KingletError) -> T) throws(KingletError) -> [T] {
        var list: [T] = []
        list.reserveCapacity(count)
        for element in self { list.append(try transform(element)) }
        return list
    }
}
