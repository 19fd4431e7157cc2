import Engine
import ONNX

extension Model {
    /// The same model at opset 13, which scales per channel need: attributes that became inputs are turned into weights.
    func atLeastOpset13() throws(KingletError) -> Model {
        guard opset < 13 else { return self }
        var model = self
        for i in nodes.indices where nodes[i].domain.isEmpty {
            do { try model.upgradeNode(i) } catch { throw error.at(nodes[i].label) }
        }
        model.opsets = opsets.map { $0.domain.isEmpty || $0.domain == "ai.onnx" ? Opset($0.domain, 13) : $0 }
        // Opset 13 came with version 7 of the file format.
        model.irVersion = max(model.irVersion, 7)
        return model
    }

    private mutating func upgradeNode(_ i: Int) throws(KingletError) {
        let node = nodes[i]
        switch node.op {
        case "Clip" where opset < 11:
            try moveToInputs(i, [("min", .f32), ("max", .f32)])
        case "Squeeze", "Unsqueeze":
            try moveToInputs(i, [("axes", .i64)])
        case "Split":
            try moveToInputs(i, [("split", .i64)])
        case "Dropout" where opset < 12:
            nodes[i].attributes["ratio"] = nil
        case "Softmax":
            // Before opset 13 all axes from `axis` on share one sum; that is the same only for the last axis.
            let axis = try node.attributes.int("axis", 1)
            let rank = values.first { $0.name == node.inputs[0] }?.shape?.count ?? outputRank(node)
            try require(
                axis == -1 || rank == axis + 1, .unsupported,
                "cannot bring Softmax over axis \(axis) from opset \(opset) to 13: export the model with opset 13 or newer"
            )
            nodes[i].attributes["axis"] = .int(-1)
        case "Pad" where opset < 11, "Slice" where opset < 10:
            throw KingletError(
                .unsupported,
                "cannot bring \(node.op) from opset \(opset) to 13: export the model with opset 13 or newer")
        default: break
        }
    }

    private func outputRank(_ node: Node) -> Int? { outputs.first { $0.name == node.outputs.first }?.shape?.count }

    /// Attributes that are inputs from opset 13 on, in the order of those inputs.
    private mutating func moveToInputs(_ i: Int, _ names: [(String, DType)]) throws(KingletError) {
        for (k, (name, dtype)) in names.enumerated() {
            while nodes[i].inputs.count <= k + 1 { nodes[i].inputs.append("") }
            guard nodes[i].attributes[name] != nil else { continue }
            let weight = "\(nodes[i].outputs.first ?? "")_\(name)"
            if dtype == .f32 {
                initializers.append(
                    Initializer(weight, try Tensor([try nodes[i].attributes.float(name, 0)], shape: [])))
            } else {
                let values = try nodes[i].attributes.ints(name) ?? []
                initializers.append(Initializer(weight, try Tensor(values.map { Int64($0) }, shape: [values.count])))
            }
            nodes[i].attributes[name] = nil
            nodes[i].inputs[k + 1] = weight
        }
        while nodes[i].inputs.last == "" { nodes[i].inputs.removeLast() }
    }
}
