import CSystem
import Engine
import ONNX

extension Model {
    /// Weights by name.
    var weights: [String: Tensor] {
        var found: [String: Tensor] = [:]
        for initializer in initializers where found[initializer.name] == nil {
            found[initializer.name] = initializer.tensor
        }
        return found
    }

    /// How many nodes, and the model's outputs, read each value.
    var readers: [String: Int] {
        var readers: [String: Int] = [:]
        for node in nodes { for x in node.inputs { readers[x, default: 0] += 1 } }
        for output in outputs { readers[output.name, default: 0] += 1 }
        return readers
    }

    /// The model with Constant nodes as weights and every BatchNormalization that alone reads a convolution folded into it.
    func simplified() throws(KingletError) -> Model {
        var model = self
        for node in nodes where node.op == "Constant" {
            guard let value = try node.attributes.tensor("value"), let name = node.outputs.first else { continue }
            model.initializers.append(Initializer(name, value))
            model.nodes.removeAll { $0.op == "Constant" && $0.outputs.first == name }
        }
        let readers = model.readers
        for norm in model.nodes where norm.op == "BatchNormalization" {
            guard let i = model.nodes.firstIndex(where: { $0.op == "Conv" && $0.outputs == [norm.inputs[0]] }),
                readers[norm.inputs[0]] == 1
            else { continue }
            try model.fold(norm, into: i)
        }
        model.dropUnusedWeights()
        return model
    }

    /// w'[o, …] = w[o, …] · f[o], b'[o] = (b[o] - mean[o]) · f[o] + beta[o], f = gamma / √(variance + epsilon).
    private mutating func fold(_ norm: Node, into index: Int) throws(KingletError) {
        let weights = weights
        let conv = nodes[index]
        guard norm.inputs.count == 5, conv.inputs.count >= 2, let w = weights[conv.inputs[1]],
            let gamma = weights[norm.inputs[1]], let beta = weights[norm.inputs[2]], let mean = weights[norm.inputs[3]],
            let variance = weights[norm.inputs[4]], w.shape.first == gamma.count
        else { return }
        let old = conv.inputs.count > 2 ? weights[conv.inputs[2]]?.floats : nil
        let epsilon = try norm.attributes.float("epsilon", 1e-5)
        let (outputs, perOutput) = (gamma.count, w.count / max(gamma.count, 1))
        var (values, bias) = (w.floats, [Float](repeating: 0, count: outputs))
        for o in 0..<outputs {
            let factor = gamma.float(o) / ks_sqrtf(variance.float(o) + epsilon)
            for k in o * perOutput..<(o + 1) * perOutput { values[k] *= factor }
            bias[o] = ((old?[o] ?? 0) - mean.float(o)) * factor + beta.float(o)
        }
        let names = (conv.inputs[1] + "_folded_\(index)", conv.outputs[0] + "_bias")
        initializers.append(Initializer(names.0, try Tensor(values, shape: w.shape)))
        initializers.append(Initializer(names.1, try Tensor(bias, shape: [outputs])))
        nodes[index].inputs = [conv.inputs[0], names.0, names.1]
        nodes[index].outputs = norm.outputs.isEmpty ? conv.outputs : [norm.outputs[0]]
        nodes.removeAll { $0.op == "BatchNormalization" && $0.inputs.first == norm.inputs[0] }
    }

    mutating func dropUnusedWeights() {
        let readers = readers
        initializers.removeAll { readers[$0.name] == nil }
    }
}
