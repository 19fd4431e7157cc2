import Engine

extension Lowering {
    /// The order in which the axes of an ONNX value are stored.
    func order(_ held: Held) -> AxisOrder {
        AxisOrder(graph.values[held.value].order.axes.map { axis in held.axes.firstIndex(of: axis) ?? axis })
    }

    /// The type of an ONNX value, in ONNX's order.
    func type(_ held: Held) -> TensorType {
        let value = graph.values[held.value]
        let shape = value.order.restore(value.type.shape)
        return TensorType(value.type.dtype, held.axes.map { shape[$0] })
    }

    func constant(_ held: Held) -> Tensor? { graph.values[held.value].constant }

    /// The ONNX value that `value` is when its stored axes are taken to be in `order`.
    func alias(_ value: Int, _ order: AxisOrder) -> Held {
        var axes = [Int](repeating: 0, count: order.rank)
        for (mine, its) in zip(order.axes, graph.values[value].order.axes) { axes[mine] = its }
        return Held(value: value, axes: axes)
    }

    /// The graph's value that holds `held` stored in `order`: itself or a copy.
    mutating func demand(_ held: Held, _ order: AxisOrder) throws(KingletError) -> Int {
        let v = held.value
        let wanted = AxisOrder(order.axes.map { held.axes[$0] })
        let value = graph.values[v]
        if value.order == wanted { return v }
        if let copy = moved[v]?.first(where: { $0.order == wanted }) { return copy.value }
        /// Stored axis i of the copy is stored axis permutation[i] of the original.
        let permutation = wanted.axes.map { value.order.stored($0) }
        let shape = permutation.map { value.type.shape[$0] }
        let copy: Int
        if let tensor = value.constant {
            let permuted = try tensor.permuted(permutation)
            copy = graph.add(
                Graph.Value(
                    name: value.name, type: permuted.type, order: wanted, constant: permuted, origin: value.origin))
        } else if let recipe = recipes[v] {
            copy = try emit(recipe.node, recipe.entry, recipe.inputs, wanted)[0].value
        } else if permutation.filter({ value.type.shape[$0] != 1 }).isAscending {
            copy = try view(v, shape, wanted, value.name + " (turned)")
        } else {
            let op = try make(
                "Transpose",
                OpSpec(
                    Attributes(["perm": .ints(permutation)]), inputs: [value.type]))
            copy = try append(op, "Transpose", name: value.name + " (turned)", [v], wanted)
        }
        moved[v, default: []].append(Moved(order: wanted, value: copy))
        return copy
    }

    /// The stored bytes of `v` under another shape and order.
    mutating func view(
        _ v: Int, _ shape: [Int], _ order: AxisOrder, _ name: String
    ) throws(KingletError) -> Int {
        let sizes = try Tensor(shape.map { Int64($0) }, shape: [shape.count])
        let op = try make(
            "Reshape",
            OpSpec(
                Attributes(["allowzero": .int(1)]), inputs: [graph.values[v].type, sizes.type], constants: [nil, sizes])
        )
        return try append(op, "Reshape", name: name, [v], order)
    }

    private func make(_ kind: String, _ spec: OpSpec) throws(KingletError) -> any Op {
        guard let entry = entry(for: kind) else { throw KingletError(.unsupported, "operator \(kind)") }
        return try entry.make(spec)
    }

    /// Adds a node with one output.
    private mutating func append(
        _ op: any Op, _ kind: String, name: String, _ inputs: [Int], _ order: AxisOrder
    ) throws(KingletError) -> Int {
        let type = try op.infer(inputs.map { graph.values[$0].type })[0]
        let output = graph.add(Graph.Value(name: name, type: type, order: order))
        graph.nodes.append(Graph.Node(name: name, kind: kind, op: op, inputs: inputs, outputs: [output]))
        return output
    }
}

extension Array where Element == Int {
    var isAscending: Bool { zip(self, dropFirst()).allSatisfy { $0 < $1 } }
}
