import Engine
import ONNX

/// Rewrites a float model in QDQ form: a QuantizeLinear and a DequantizeLinear around every activation of `plan`, int8
/// weights, int32 biases. Integer runtimes fuse the pairs; others compute the same in float.
struct Quantizer {
    let plan: QuantizePlan
    let scales: [String: Affine]
    let perChannel: Bool
    private var model: Model
    private let weights: [String: Tensor]
    private var made: Set<String> = []
    private var nodes: [Model.Node] = []

    init(_ model: Model, _ plan: QuantizePlan, scales: [String: Affine], perChannel: Bool) {
        (self.model, self.plan, self.scales, self.perChannel) = (model, plan, scales, perChannel)
        weights = model.weights
    }

    mutating func quantized() throws(KingletError) -> Model {
        let outputs = Set(model.outputs.map { $0.name })
        for input in model.inputs where scales[input.name] != nil { try pair(input.name, from: input.name) }
        let gone = Set(plan.absorbed.values)
        for (i, node) in model.nodes.enumerated() where !gone.contains(i) {
            var node = node
            let source = node
            for (k, x) in node.inputs.enumerated() where scales[x] != nil { node.inputs[k] = x + "_dequantized" }
            if plan.nodes.contains(i) {
                if QuantizePlan.weighted.contains(node.op) {
                    try quantizeWeights(&node, input: source.inputs[0])
                } else {
                    for (k, x) in source.inputs.enumerated() where weights[x]?.type.dtype == .f32 && node.op == "Add" {
                        node.inputs[k] = try constant(x)
                    }
                }
                if let next = plan.absorbed[i] { node.outputs[0] = model.nodes[next].outputs[0] }
            }
            let results = node.outputs
            for (k, y) in results.enumerated() where scales[y] != nil && outputs.contains(y) {
                node.outputs[k] = y + "_float"
            }
            nodes.append(node)
            for (k, y) in results.enumerated() where scales[y] != nil {
                try pair(y, from: node.outputs[k], outputs.contains(y))
            }
        }
        model.nodes = nodes
        // The values that a node only passed to what it absorbed are gone.
        let written = Set(nodes.flatMap { $0.outputs })
        model.values.removeAll { !written.contains($0.name) }
        model.dropUnusedWeights()
        return model
    }

    /// x → QuantizeLinear → DequantizeLinear → `name`_dequantized, or `name` itself for an output of the model.
    private mutating func pair(_ name: String, from x: String, _ isOutput: Bool = false) throws(KingletError) {
        guard let affine = scales[name] else { return }
        try add(name + "_scale", Tensor(.f32, [], [affine.scale]))
        try add(name + "_zero_point", Tensor(.i8, [], [affine.zero]))
        let parameters = [name + "_scale", name + "_zero_point"]
        let result = isOutput ? name : name + "_dequantized"
        nodes.append(
            Model.Node(
                "QuantizeLinear", name: name + "_QuantizeLinear", [x] + parameters, [name + "_quantized"]))
        nodes.append(
            Model.Node(
                "DequantizeLinear", name: name + "_DequantizeLinear", [name + "_quantized"] + parameters, [result]))
    }

    /// A float constant among a node's activations, as int8 over its own range.
    private mutating func constant(_ name: String) throws(KingletError) -> String {
        let result = name + "_dequantized"
        guard let tensor = weights[name], !made.contains(result) else { return result }
        let values = tensor.floats
        let affine = Affine(covering: min(values.min() ?? 0, 0)...max(values.max() ?? 0, 0))
        let q = values.map {
            Int8(max(-128, min(127, ($0 / affine.scale).rounded(.toNearestOrEven) + Float(affine.zero))))
        }
        try add(name + "_quantized", Tensor(.i8, tensor.shape, q))
        try add(name + "_scale", Tensor(.f32, [], [affine.scale]))
        try add(name + "_zero_point", Tensor(.i8, [], [affine.zero]))
        dequantize(name, result, axis: nil)
        return result
    }

    /// w = s[o] · q, q = round(w / s[o]) in -127 … 127, s[o] = max|w[o]| / 127; bias in int32 with scale sx · s[o].
    private mutating func quantizeWeights(_ node: inout Model.Node, input: String) throws(KingletError) {
        guard let w = weights[node.inputs[1]], let sx = scales[input]?.scale else { return }
        let axis: Int
        switch node.op {
        case "Conv": axis = 0
        case "Gemm": axis = try node.attributes.int("transB", 0) == 0 ? 1 : 0
        default: axis = 1
        }
        let name = node.inputs[1]
        let outputs = w.shape[axis]
        let inner = w.shape[(axis + 1)...].reduce(1, *)
        let values = w.floats
        var scale = [Float](repeating: 0, count: perChannel ? outputs : 1)
        func channel(_ i: Int) -> Int { perChannel ? i / inner % outputs : 0 }
        for (i, v) in values.enumerated() { scale[channel(i)] = max(scale[channel(i)], abs(v) / 127) }
        let bias = node.inputs.count > 2 ? weights[node.inputs[2]] : nil
        // The bias must fit int32 in units of sx · s: a channel of tiny weights gets coarser steps.
        for c in scale.indices {
            var least: Float = 1e-12
            if let bias {
                for o in perChannel ? c..<c + 1 : 0..<outputs { least = max(least, abs(bias.float(o)) / (sx * 1e9)) }
            }
            scale[c] = max(scale[c], least)
        }
        if !made.contains(name + "_dequantized") {
            let q = values.enumerated().map { i, v in
                Int8(max(-127, min(127, (v / scale[channel(i)]).rounded(.toNearestOrEven))))
            }
            try add(name + "_quantized", Tensor(.i8, w.shape, q))
            try add(name + "_scale", Tensor(.f32, perChannel ? [outputs] : [], scale))
            try add(name + "_zero_point", Tensor(.i8, perChannel ? [outputs] : [], scale.map { _ in Int8(0) }))
            dequantize(name, name + "_dequantized", axis: perChannel ? axis : nil)
        } else if let used = model.initializers.first(where: { $0.name == name + "_scale" }) {
            scale = used.tensor.floats
        }
        node.inputs[1] = name + "_dequantized"
        guard let bias else { return }
        // Biases share no scale: the same bias after another input needs another one.
        let biasName = node.inputs[2] + "_of_" + (node.outputs.first ?? "")
        let units = scale.map { $0 * sx }
        let q = (0..<bias.count).map { o in
            Int32(max(-2e9, min(2e9, (bias.float(o) / units[perChannel ? o : 0]).rounded(.toNearestOrEven))))
        }
        try add(biasName + "_quantized", Tensor(.i32, bias.shape, q))
        try add(biasName + "_scale", Tensor(.f32, perChannel ? [outputs] : [], units))
        try add(biasName + "_zero_point", Tensor(.i32, perChannel ? [outputs] : [], units.map { _ in Int32(0) }))
        dequantize(biasName, biasName + "_dequantized", axis: perChannel ? 0 : nil)
        node.inputs[2] = biasName + "_dequantized"
    }

    private mutating func dequantize(_ name: String, _ result: String, axis: Int?) {
        made.insert(result)
        nodes.append(
            Model.Node(
                "DequantizeLinear", name: name + "_DequantizeLinear",
                [name + "_quantized", name + "_scale", name + "_zero_point"], [result],
                attributes: axis.map { ["axis": .int($0)] } ?? [:]))
    }

    private mutating func add(_ name: String, _ tensor: Tensor) throws(KingletError) {
        guard made.insert(name).inserted else { return }
        model.initializers.append(Model.Initializer(name, tensor))
    }
}
