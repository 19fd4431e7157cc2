import Engine

extension Lowering {
    /// Operators that need neither a node nor any axis order: other names, and facts about types. Nil for all others.
    mutating func lowerToConstant(_ node: Model.Node, _ entry: OpEntry, _ inputs: [Held?]) throws(KingletError)
        -> [Held]?
    {
        switch node.op {
        case "Identity": return [try first(inputs)]
        case "Dropout":
            if used.contains(node.outputs.dropFirst().first ?? "") { return nil }
            let spec = OpSpec(
                node.attributes, opset: model.opset, inputs: inputs.map { $0.map { type($0) } },
                constants: inputs.map { $0.flatMap { constant($0) } })
            _ = try entry.make(spec)
            return [try first(inputs)]
        case "Shape", "Size":
            let spec = OpSpec(node.attributes, opset: model.opset, inputs: [type(try first(inputs))], constants: [nil])
            guard let known = try entry.make(spec) as? Constant else { return nil }
            return [hold(node.outputs.first ?? "", known.value)]
        default: return nil
        }
    }

    private mutating func hold(_ name: String, _ tensor: Tensor) -> Held {
        let value = graph.add(Graph.Value(name: name, type: tensor.type, constant: tensor))
        return Held(value: value, axes: Array(0..<tensor.type.rank))
    }

    /// The outputs of an operator whose inputs are all constants; nil if they are not, or if they would take much memory.
    mutating func fold(
        _ op: any Op, _ kind: String, _ x: [Graph.Value], _ y: [TensorType]
    ) throws(KingletError) -> [Tensor]? {
        let bytes = y.reduce(0) { $0 + $1.bytes }
        if let known = op as? Constant {
            // What a file holds it may hold; what ConstantOfShape fills counts.
            if kind != "Constant" { try spend(bytes) }
            return [known.value]
        }
        guard bytes <= min(foldable, 16 << 20), !x.contains(where: { $0.constant == nil }) else { return nil }
        try spend(bytes)
        var inputs: [TensorView] = []
        var kept: [Storage] = []
        for value in x {
            guard let tensor = value.constant else { return nil }
            let copy = try Storage(bytes: tensor.type.bytes)
            copy.base.copyMemory(from: tensor.base, byteCount: tensor.type.bytes)
            kept.append(copy)
            inputs.append(TensorView(tensor.type, copy.base))
        }
        let outputs = try y.mapTyped { type throws(KingletError) in try Tensor(zeros: type) }
        let types = x.map { $0.type }
        let target = Target()
        let scratch = try Storage(bytes: op.scratchBytes(types, target))
        let packed = try Storage(bytes: op.packedBytes(types, target))
        let frame = Frame(
            x: inputs, y: outputs.map { TensorView($0.type, $0.base) }, scratch: scratch.base, packed: packed.base,
            target: target)
        withExtendedLifetime((kept, scratch, packed)) {
            if packed.bytes > 0 { op.pack(frame) }
            op.forward(frame, .alone)
        }
        return outputs
    }

    private mutating func spend(_ bytes: Int) throws(KingletError) {
        try require(bytes <= foldable, .resource, "constants computed at load need more than 64 MiB")
        foldable -= bytes
    }
}
