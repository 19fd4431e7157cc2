import Engine

/// Operators whose inputs are broadcast against each other, aligned at the last ONNX axis.
private let broadcasting = [
    "Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Mean", "Sum", "PRelu", "Where", "Equal", "Less", "Greater",
    "LessOrEqual", "GreaterOrEqual", "And", "Or", "Xor", "Mod",
]
/// Kept on constants: a pass makes integer operators of them.
private let unfolded = ["QuantizeLinear", "DequantizeLinear"]

extension Lowering {
    /// Adds what a node needs to the graph; its outputs.
    mutating func lower(_ node: Model.Node, _ inputs: [Held?]) throws(KingletError) -> [Held] {
        guard let entry = entry(for: node.op) else { throw KingletError(.unsupported, "operator \(node.op)") }
        if let made = try lowerToConstant(node, entry, inputs) { return made }
        switch entry.layout {
        case .transpose: return [try lowerTranspose(node, inputs)]
        case .reshape:
            let x = try first(inputs)
            return [try reshape(x, try onnxType(node, entry, inputs).shape, node.outputs.first ?? "")]
        case .any, .onnx, .channelsLast:
            if node.op.hasPrefix("Reduce") || node.op.hasPrefix("Arg"), try node.attributes.int("keepdims", 1) == 0 {
                return try lowerReduction(node, entry, inputs)
            }
            return try emit(node, entry, inputs, nil)
        }
    }

    func first(_ inputs: [Held?]) throws(KingletError) -> Held {
        guard let x = inputs.first ?? nil else { throw KingletError(.badFile, "the first input is missing") }
        return x
    }

    /// The type of output 0 if everything were in ONNX's order.
    private func onnxType(
        _ node: Model.Node, _ entry: OpEntry, _ inputs: [Held?]
    ) throws(KingletError) -> TensorType {
        let types = inputs.map { $0.map { type($0) } }
        var constants: [Tensor?] = []
        for (i, input) in inputs.enumerated() {
            // A constant whose axes were renamed differs from what is stored.
            let value = input.flatMap { order($0).isIdentity ? constant($0) : nil }
            constants.append(i == 0 ? nil : value)
        }
        let op = try entry.make(
            OpSpec(node.attributes, opset: model.opset, inputs: types, constants: constants))
        let running = types.indices.filter { !entry.parameters.contains($0) }.compactMap { types[$0] }
        return try op.infer(running)[0]
    }

    private func lowerTranspose(_ node: Model.Node, _ inputs: [Held?]) throws(KingletError) -> Held {
        let x = try first(inputs)
        let rank = x.axes.count
        let permutation = try node.attributes.ints("perm") ?? Array((0..<rank).reversed())
        try require(
            permutation.sorted() == Array(0..<rank), .shape,
            "perm \(shapeText(permutation)) does not permute rank \(rank)")
        return Held(value: x.value, axes: permutation.map { x.axes[$0] })
    }

    /// keepdims = 0 is keepdims = 1 and a change of shape.
    private mutating func lowerReduction(
        _ node: Model.Node, _ entry: OpEntry, _ inputs: [Held?]
    ) throws(KingletError) -> [Held] {
        let shape = try onnxType(node, entry, inputs).shape
        var kept = node
        kept.attributes["keepdims"] = .int(1)
        let y = try emit(kept, entry, inputs, nil)[0]
        return [try reshape(y, shape, node.outputs.first ?? "")]
    }

    /// Adds the node with every input in the order that its layout rule wants, `forced` where it may choose.
    mutating func emit(
        _ node: Model.Node, _ entry: OpEntry, _ inputs: [Held?], _ forced: AxisOrder?
    ) throws(KingletError) -> [Held] {
        var stored: [Int?] = []
        let order: AxisOrder
        switch entry.layout {
        case .channelsLast(let turned):
            order = .channelsLast(inputs.first??.axes.count ?? 0)
            for (i, input) in inputs.enumerated() {
                let rank = input?.axes.count ?? 0
                let wanted: AxisOrder = turned.contains(i) ? .channelsLast(rank) : .identity(rank)
                stored.append(try input.mapTyped { x throws(KingletError) in try demand(x, wanted) })
            }
        case .any:
            order = forced ?? self.order(for: node, inputs)
            for input in inputs {
                stored.append(try input.mapTyped { x throws(KingletError) in try fit(x, order, node) })
            }
        case .onnx, .transpose, .reshape:
            order = .identity(inputs.first??.axes.count ?? 0)
            for input in inputs {
                stored.append(
                    try input.mapTyped { x throws(KingletError) in try demand(x, .identity(x.axes.count)) })
            }
        }
        return try append(node, entry, inputs, stored, order)
    }

    /// The order of the first computed input of full rank; constants follow it.
    private func order(for node: Model.Node, _ inputs: [Held?]) -> AxisOrder {
        let all = inputs.compactMap { $0 }
        let first = all.first?.axes.count ?? 0
        let rank = broadcasting.contains(node.op) ? all.map { $0.axes.count }.max() ?? 0 : first
        let full = all.filter { $0.axes.count == rank }
        let computed = full.filter { constant($0) == nil && recipes[$0.value] == nil }
        return (computed.first ?? full.first).map { self.order($0) } ?? .identity(rank)
    }

    /// An input in `order`; where it is to be broadcast, with axes of size 1 in front as far as the order needs them.
    private mutating func fit(_ x: Held, _ order: AxisOrder, _ node: Model.Node) throws(KingletError) -> Int {
        let rank = x.axes.count
        if rank == order.rank { return try demand(x, order) }
        if rank > 0 && rank < order.rank && !order.isIdentity && broadcasting.contains(node.op) {
            let shape = [Int](repeating: 1, count: order.rank - rank) + type(x).shape
            let name = graph.values[x.value].name + " (widened)"
            return try demand(try reshape(x, shape, name), order)
        }
        return try demand(x, .identity(rank))
    }

    private mutating func append(
        _ node: Model.Node, _ entry: OpEntry, _ inputs: [Held?], _ stored: [Int?], _ order: AxisOrder
    ) throws(KingletError) -> [Held] {
        let values = stored.map { v in v.map { graph.values[$0] } }
        let names = node.outputs
        let spec = OpSpec(
            node.attributes.widened, opset: model.opset, inputs: values.map { $0?.type },
            constants: values.map { $0?.constant }, order: order,
            outputCount: (names.lastIndex { !$0.isEmpty } ?? 0) + 1)
        let op = try entry.make(spec)
        let running = stored.indices.filter { !entry.parameters.contains($0) }.compactMap { stored[$0] }
        let types = try op.infer(running.map { graph.values[$0].type })
        try require(
            types.count >= spec.outputCount, .unsupported,
            "\(names.count) outputs where Kinglet computes \(types.count)")
        for type in types { _ = try checkedCount(type.shape) }
        let folded =
            unfolded.contains(node.op) ? nil : try fold(op, node.op, running.map { graph.values[$0] }, types)
        var outputs: [Int] = []
        for (i, type) in types.enumerated() {
            let name = i < names.count && !names[i].isEmpty ? names[i] : "\(names.first ?? "") (\(i))"
            let turned: AxisOrder
            if case .channelsLast = entry.layout {
                turned = .channelsLast(type.rank)
            } else {
                turned = type.rank == order.rank ? order : .identity(type.rank)
            }
            outputs.append(graph.add(Graph.Value(name: name, type: type, order: turned, constant: folded?[i])))
        }
        if folded == nil {
            let name = node.name.isEmpty ? names.first ?? node.op : node.name
            graph.nodes.append(Graph.Node(name: name, kind: node.op, op: op, inputs: running, outputs: outputs))
            if case .any = entry.layout, outputs.count == 1,
                inputs.allSatisfy({ x in x.map { constant($0) != nil || recipes[$0.value] != nil } ?? true })
            {
                recipes[outputs[0]] = Recipe(node: node, entry: entry, inputs: inputs)
            }
        }
        return outputs.map { Held(value: $0, axes: Array(0..<graph.values[$0].type.rank)) }
    }
}

extension Attributes {
    /// Half-precision types, which Kinglet holds as float32, in attribute `to` of Cast.
    fileprivate var widened: Attributes {
        guard case .int(let type)? = self["to"], let held = ElementType.held(type) else { return self }
        var copy = self
        copy["to"] = .int(Int(held.rawValue))
        return copy
    }
}

extension Optional {
    /// `map` with a typed error.
    func mapTyped<T>(_ transform: (Wrapped) throws(KingletError) -> T) throws(KingletError) -> T? {
        guard let self else { return nil }
        return try transform(self)
    }
}
