import CArmNN
import Engine

extension Emitter {
    func conv(_ node: Graph.Node, _ op: Conv) throws(KingletError) {
        let (x, y) = (node.inputs[0], node.outputs[0])
        var weights = [Net.Weights(tensor: try constant(node.inputs[1]))]
        if node.inputs.count > 2 { weights.append(.init(tensor: try constant(node.inputs[2]))) }
        let type = try type(y)
        var number = try conv(x, type, weights, op.window, groups: op.groups)
        if op.addsResidual { number = try net.add(KA_ADD, [number, try self.number(node.inputs[3])], type) }
        net[y] = try clamp(number, type, op.low, op.high)
    }

    func conv(_ node: Graph.Node, _ op: IntegerConv) throws(KingletError) {
        let (x, y) = (node.inputs[0], node.outputs[0])
        let product = try integers(node, zero: op.zero, op.weights, op.multipliers, axis: 0)
        let type = try type(y)
        let number = try conv(x, type, product, op.window, groups: op.groups)
        net[y] = try clamp(number, type, op.output)
    }

    /// A convolution of value `x`, or one filter for each channel.
    private func conv(_ x: Int, _ y: ka_tensor, _ weights: [Net.Weights], _ window: Window, groups: Int)
        throws(KingletError) -> Int32
    {
        let (image, w) = (graph.values[x].type, weights[0].tensor.type)
        try require(image.rank == 4, .unsupported, "a convolution of \(image.description)")
        let g = try ConvGeometry(window, image, kernel: (w.shape[1], w.shape[2]))
        let depthwise = groups > 1 && groups == g.c
        try require(groups == 1 || depthwise, .unsupported, "a convolution in \(groups) groups")
        try require(
            !depthwise || w.shape[0] == g.c || weights[0].scales.count <= 1, .unsupported,
            "several filters for each channel with scales of their own")
        return try net.add(depthwise ? KA_DEPTHWISE : KA_CONV, [try number(x)], y, weights: weights) { $0.set(g) }
    }

    /// int8 weights and bias of a product, whose output channels are axis `axis` of the weights, as Arm NN takes them.
    func integers(_ node: Graph.Node, zero: Int32, _ weights: IntegerWeights, _ multipliers: [Float], axis: Int)
        throws(KingletError) -> [Net.Weights]
    {
        let (x, y) = (try scale(node.inputs[0]), try scale(node.outputs[0]))
        let tensor = try constant(node.inputs[1])
        guard let sides = scales.weights(node.inputs[1], graph) else {
            throw refusal("the scale of the weights is not known")
        }
        try require(weights.parts == 1, .unsupported, "weights that do not fit int8 around their zero point")
        try require(x.zero == zero, .unsupported, "the input is quantized in another way")
        // What was noted must be what the operator computes with.
        for (c, m) in multipliers.enumerated() {
            let s = sides.scales[sides.scales.count == 1 ? 0 : c]
            try require(abs(x.scale * s / y.scale - m) <= 1e-5 * m, .unsupported, "scales that do not fit the operator")
        }
        var all = [Net.Weights(tensor: try centred(tensor, weights.zeros, axis: axis), scales: sides.scales)]
        if node.inputs.count > 2 { all.append(.init(tensor: try constant(node.inputs[2]), scales: sides.scales)) }
        return all
    }

    /// `w` less its zero points along `axis`, as int8; itself where they are 0.
    private func centred(_ w: Tensor, _ zeros: [Int32], axis: Int) throws(KingletError) -> Tensor {
        if w.type.dtype == .i8 && zeros.allSatisfy({ $0 == 0 }) { return w }
        let inner = w.shape[(axis + 1)...].reduce(1, *)
        let values = (0..<w.count).map { i in
            Int8(truncatingIfNeeded: w.int(i) - Int(zeros[zeros.count == 1 ? 0 : i / inner % zeros.count]))
        }
        return try Tensor(.i8, w.shape, values)
    }
}

extension ka_layer {
    mutating func set(_ g: ConvGeometry) {
        (top, left) = (Int32(g.top), Int32(g.left))
        // As far as the last window reaches.
        bottom = Int32(max(0, g.spanH - g.h - g.top))
        right = Int32(max(0, g.spanW - g.w - g.left))
        (window_h, window_w, stride_h, stride_w) = (Int32(g.kh), Int32(g.kw), Int32(g.sh), Int32(g.sw))
        (dilation_h, dilation_w) = (Int32(g.dh), Int32(g.dw))
    }
}
