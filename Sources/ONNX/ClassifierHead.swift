import Engine

/// The last layer of a classifier, found from the output backwards.
public struct ClassifierHead: Sendable {
    /// Names of the weights, and of the bias if there is one.
    public let weights: String
    public let bias: String?
    public let classes: Int
    /// The axis of the weights that counts classes.
    private let axis: Int
    /// Names of Reshape's shapes between the layer and the output.
    private let shapes: [String]
    private let output: String

    /// nil if the model's one output is not made by Conv, Gemm or MatMul (and Add), reshaped or turned into
    /// probabilities, with weights that only this layer reads.
    public init?(_ model: Model) {
        guard model.outputs.count == 1 else { return nil }
        output = model.outputs[0].name
        var (name, shapes, bias): (String, [String], String?) = (output, [], nil)
        while true {
            guard let node = model.nodes.first(where: { $0.outputs.contains(name) }), let x = node.inputs.first else {
                return nil
            }
            switch node.op {
            case "Softmax", "LogSoftmax", "Flatten", "Squeeze", "Identity", "Dropout", "GlobalAveragePool",
                "ReduceMean":
                name = x
                continue
            case "Reshape":
                if node.inputs.count > 1 { shapes.append(node.inputs[1]) }
                name = x
                continue
            case "Add" where bias == nil && node.inputs.count == 2:
                guard let k = node.inputs.firstIndex(where: { model.initializer($0)?.type.dtype == .f32 }) else {
                    return nil
                }
                bias = node.inputs[k]
                name = node.inputs[1 - k]
                continue
            case "Conv", "Gemm", "MatMul": break
            default: return nil
            }
            guard node.inputs.count >= 2, let w = model.initializer(node.inputs[1]), w.type.dtype == .f32 else {
                return nil
            }
            var turned = false
            if case .int(let t)? = node.attributes["transB"] { turned = t != 0 }
            if case .int(let g)? = node.attributes["group"], g != 1 { return nil }
            weights = node.inputs[1]
            axis = node.op == "Conv" || turned ? 0 : w.shape.count - 1
            classes = w.shape[axis]
            if node.inputs.count > 2, !node.inputs[2].isEmpty { bias = node.inputs[2] }
            break
        }
        self.bias = bias
        self.shapes = shapes
        let (w, b) = (weights, bias)
        let readers = model.nodes.filter { $0.inputs.contains { $0 == w || ($0 == b && b != nil) } }
        guard readers.count <= 2, bias.map({ model.initializer($0)?.count == classes }) ?? true else { return nil }
    }

    /// Gives `model` a last layer for `classes` classes, all zeros: whatever the size of its inputs, training begins at a
    /// loss of log(classes), and a linear layer needs nothing random to learn.
    public func replace(in model: inout Model, classes wanted: Int) throws(KingletError) {
        guard let old = model.initializer(weights) else { return }
        var shape = old.shape
        shape[axis] = wanted
        let fresh = try Tensor(zeros: TensorType(.f32, shape))
        model.set(weights, fresh)
        if let bias, let b = model.initializer(bias) {
            model.set(bias, try Tensor(zeros: TensorType(.f32, b.shape.map { $0 == classes ? wanted : $0 })))
        }
        for name in shapes { try reshape(&model, name, wanted) }
        for i in model.outputs.indices where model.outputs[i].name == output {
            model.outputs[i].shape = model.outputs[i].shape?.map { $0 == .size(classes) ? .size(wanted) : $0 }
        }
        // What the file says about values in between may be wrong now, and nobody needs it.
        model.values = []
    }

    /// A Reshape that names the old number of classes names the new one.
    private func reshape(_ model: inout Model, _ name: String, _ wanted: Int) throws(KingletError) {
        func changed(_ tensor: Tensor) throws(KingletError) -> Tensor {
            try Tensor(tensor.ints.map { Int64($0 == classes ? wanted : $0) }, shape: tensor.shape)
        }
        if let tensor = model.initializer(name) { return model.set(name, try changed(tensor)) }
        for i in model.nodes.indices where model.nodes[i].op == "Constant" && model.nodes[i].outputs.first == name {
            if case .tensor(let tensor)? = model.nodes[i].attributes["value"] {
                model.nodes[i].attributes["value"] = .tensor(try changed(tensor))
            }
        }
    }
}

extension Model {
    /// Puts another tensor, of any shape, under the name of an initializer; adds one that is not there.
    public mutating func set(_ name: String, _ tensor: Tensor) {
        if let i = initializers.firstIndex(where: { $0.name == name }) {
            initializers[i] = Initializer(name, tensor)
        } else {
            initializers.append(Initializer(name, tensor))
        }
    }
}

extension Model {
    /// The same model in which a copy of a weight (Identity of an initializer, by which exporters write equal weights
    /// once) is a weight of its own, so that training may change one and not the other.
    public func separatingCopies() throws(KingletError) -> Model {
        var model = self
        var kept: [Node] = []
        for node in nodes {
            if node.op == "Identity", node.inputs.count == 1, let name = node.outputs.first,
                let tensor = model.initializer(node.inputs[0]), !outputs.contains(where: { $0.name == name })
            {
                model.initializers.append(Initializer(name, tensor))
            } else {
                kept.append(node)
            }
        }
        model.nodes = kept
        return model
    }
}
