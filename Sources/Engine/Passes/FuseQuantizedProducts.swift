extension QuantizedGraph {
    /// Dequantize(x), Dequantize(w), perhaps a bias → Conv → Quantize as IntegerConv; without Quantize its output is float.
    mutating func conv(_ i: Int) throws(KingletError) -> Fused? {
        let node = graph.nodes[i]
        guard let conv = node.op as? Conv, conv.low == -.infinity, conv.high == .infinity, !conv.addsResidual,
            let parts = try product(node, axis: 0, bias: node.inputs.count > 2 ? node.inputs[2] : nil)
        else { return nil }
        let op = IntegerConv(
            conv.window, groups: conv.groups, zero: parts.zero, weights: parts.weights, multipliers: parts.multipliers,
            output: parts.output)
        return Fused(
            kind: "IntegerConv", op: op, inputs: parts.inputs, output: parts.value, absorbed: parts.absorbed)
    }

    mutating func gemm(_ i: Int) throws(KingletError) -> Fused? {
        let node = graph.nodes[i]
        guard let gemm = node.op as? Gemm, gemm.alpha == 1, gemm.beta == 1 || node.inputs.count == 2, !gemm.transA,
            gemm.rowBias, gemm.low == -.infinity, gemm.high == .infinity,
            let parts = try product(
                node, axis: gemm.transB ? 0 : 1, bias: node.inputs.count > 2 ? node.inputs[2] : nil)
        else { return nil }
        return Fused(
            kind: "IntegerGemm", op: self.gemm(parts, transposed: gemm.transB), inputs: parts.inputs, output: parts.value,
            absorbed: parts.absorbed)
    }

    /// MatMul by constants, with the Add of a bias if one follows.
    mutating func matMul(_ i: Int) throws(KingletError) -> Fused? {
        var node = graph.nodes[i]
        guard let matMul = node.op as? MatMul, node.inputs.count == 2, matMul.low == -.infinity, matMul.high == .infinity,
            graph.values[node.inputs[1]].type.rank == 2
        else { return nil }
        var (bias, add): (Int?, Int?) = (nil, nil)
        let n = graph.values[node.inputs[1]].type.shape[1]
        if let r = onlyReader(node.outputs[0]), graph.nodes[r].kind == "Add" {
            let other = graph.nodes[r].inputs[graph.nodes[r].inputs[0] == node.outputs[0] ? 1 : 0]
            let isConstant = graph.values[other].constant != nil || weights(other) != nil
            if isConstant && graph.values[other].type.shape == [n] { (bias, add) = (other, r) }
        }
        if let add { node.outputs = graph.nodes[add].outputs }
        guard var parts = try product(node, axis: 1, bias: bias) else { return nil }
        if let add { parts.absorbed.append(add) }
        return Fused(
            kind: "IntegerGemm", op: gemm(parts, transposed: false), inputs: parts.inputs, output: parts.value,
            absorbed: parts.absorbed)
    }

    private func gemm(_ parts: Product, transposed: Bool) -> IntegerGemm {
        IntegerGemm(
            transposed: transposed, zero: parts.zero, weights: parts.weights, multipliers: parts.multipliers,
            output: parts.output)
    }

    /// What the integer forms of Conv, Gemm and MatMul have in common.
    private struct Product {
        let zero: Int32
        let weights: IntegerWeights
        let multipliers: [Float]
        let output: IntegerOutput
        let inputs: [Int]
        let value: Int
        var absorbed: [Int]
    }

    /// For x · w + bias, where the output channels are axis `axis` of w.
    private mutating func product(_ node: Graph.Node, axis: Int, bias: Int?) throws(KingletError) -> Product? {
        guard let x = source(node.inputs[0]), let w = weights(node.inputs[1]), w.scale.dtype != .i32,
            w.scale.axis == nil || w.scale.axis == axis
        else { return nil }
        let channels = w.tensor.shape[axis]
        // In the order in which ONNX Runtime computes them, in float: the last bit counts.
        let sums = w.scale.scales.map { x.quantization.scale * $0 }
        var inputs = [x.x, w.x]
        if let bias {
            guard let b = try integerBias(bias, sums, channels) else { return nil }
            inputs.append(b)
        }
        let weights = IntegerWeights(w.tensor, zeros: w.scale.zeros, axis: axis)
        guard let sink = sink(node.outputs[0]) else {
            return Product(
                zero: x.quantization.zero, weights: weights, multipliers: sums, output: .float, inputs: inputs,
                value: node.outputs[0], absorbed: [])
        }
        return Product(
            zero: x.quantization.zero, weights: weights, multipliers: sums.map { $0 / sink.quantization.scale },
            output: sink.output, inputs: inputs, value: sink.value, absorbed: sink.absorbed)
    }

    /// Bias `v` as int32 in steps of `sums` (one for all or one per channel); nil if it does not fit.
    private mutating func integerBias(_ v: Int, _ sums: [Float], _ channels: Int) throws(KingletError) -> Int? {
        let quantized = weights(v)
        guard let tensor = quantized?.tensor ?? graph.values[v].constant, tensor.count == channels else { return nil }
        if let quantized, tensor.type == TensorType(.i32, [channels]), isScale(quantized.scale, sums, channels) {
            return quantized.x
        }
        var values: [Int32] = []
        for c in 0..<channels {
            var real = Double(tensor.float(c))
            if let scale = quantized?.scale {
                let k = scale.axis == nil ? 0 : c
                real = Double(tensor.int(c) - Int(scale.zeros[k])) * Double(scale.scales[k])
            }
            let steps = (real / Double(sums[sums.count == 1 ? 0 : c])).rounded(.toNearestOrEven)
            guard steps.magnitude < 2_147_483_648 else { return nil }
            values.append(Int32(steps))
        }
        let constant = try Tensor(.i32, [channels], values)
        return graph.add(Graph.Value(name: graph.values[v].name + ".int32", type: constant.type, constant: constant))
    }

    /// Whether `scale` is `sums` up to rounding, with zero points 0.
    private func isScale(_ scale: ScaleAxis, _ sums: [Float], _ channels: Int) -> Bool {
        for c in 0..<channels {
            let (s, wanted) = (scale.scales[scale.axis == nil ? 0 : c], sums[sums.count == 1 ? 0 : c])
            if (s - wanted).magnitude > 1e-4 * wanted { return false }
        }
        return scale.zeros.allSatisfy { $0 == 0 }
    }
}
