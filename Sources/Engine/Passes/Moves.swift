/// Operators that hand on elements of input 0 as they are, whatever their type: they commute with quantization.
/// Pooling by maximum does too, because a scale is positive.
func isMove(_ node: Graph.Node) -> Bool {
    switch node.kind {
    case "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Identity", "Slice", "Split", "MaxPool",
        "DepthToSpace", "SpaceToDepth":
        node.inputs.count == 1
    default: false
    }
}

extension Graph {
    /// A move as it runs on int8: the operator and its outputs' types; nil if it cannot.
    func integerMove(_ node: Node) -> (op: any Op, types: [TensorType])? {
        guard isMove(node), let x = node.inputs.first else { return nil }
        let input = TensorType(.i8, values[x].type.shape)
        guard let types = try? node.op.infer([input]), types.allSatisfy({ $0.dtype == .i8 }),
            types.count == node.outputs.count
        else { return nil }
        return (node.op, types)
    }

    /// A new computed value beside `v`: its name with a suffix, its order, another element type.
    mutating func twin(of v: Int, _ suffix: String, _ dtype: DType) -> Int {
        let old = values[v]
        return add(
            Value(name: old.name + suffix, type: TensorType(dtype, old.type.shape), order: old.order))
    }
}
