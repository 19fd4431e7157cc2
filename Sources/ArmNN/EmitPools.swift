import CArmNN
import Engine

/// Operators over windows, and those that move elements.
extension Emitter {
    func pool(_ node: Graph.Node, _ kind: ka_kind, _ window: Window, countsPadding: Bool) throws(KingletError) {
        let x = graph.values[node.inputs[0]].type
        try require(node.outputs.count == 1, .unsupported, "indices of the maxima")
        try require(x.rank == 4, .unsupported, "windows over \(x.description)")
        let g = try ConvGeometry(window, x)
        try require(g.dh == 1 && g.dw == 1, .unsupported, "windows with gaps")
        // What a window has beyond the padding would count for Arm NN.
        try require(
            !countsPadding || (g.spanH <= g.h + g.top + g.bottom && g.spanW <= g.w + g.left + g.right), .unsupported,
            "windows that reach beyond the padding")
        let y = try type(node.outputs[0])
        net[node.outputs[0]] = try net.add(kind, [try number(node.inputs[0])], y) { layer in
            layer.set(g)
            layer.counts_padding = countsPadding ? 1 : 0
        }
    }

    func pool(_ node: Graph.Node, _ op: IntegerAveragePool) throws(KingletError) {
        let y = node.outputs[0]
        try pool(node, KA_AVERAGE_POOL, op.window, countsPadding: op.countsPadding)
        if let number = net[y] { net[y] = try clamp(number, try type(y), op.output) }
    }

    func reduce(_ node: Graph.Node, _ op: Reduce) throws(KingletError) {
        let x = graph.values[node.inputs[0]].type
        try require(
            x.rank == 4 && op.axes == [1, 2] && (op.kind == .mean || op.kind == .max), .unsupported,
            "only means and maxima of whole images")
        try global(node, op.kind == .mean ? KA_AVERAGE_POOL : KA_MAX_POOL)
    }

    func pool(_ node: Graph.Node, _ op: IntegerGlobalAveragePool) throws(KingletError) {
        try global(node, KA_AVERAGE_POOL)
        let y = node.outputs[0]
        if let number = net[y] { net[y] = try clamp(number, try type(y), op.output) }
    }

    /// One window as large as the image.
    private func global(_ node: Graph.Node, _ kind: ka_kind) throws(KingletError) {
        let (x, y) = (graph.values[node.inputs[0]].type, node.outputs[0])
        try require(x.rank == 4, .unsupported, "windows over \(x.description)")
        let image = try type(y, shape: [x.shape[0], 1, 1, x.shape[3]])
        let number = try net.add(kind, [try number(node.inputs[0])], image) { layer in
            (layer.window_h, layer.window_w) = (Int32(x.shape[1]), Int32(x.shape[2]))
            (layer.stride_h, layer.stride_w) = (1, 1)
        }
        net[y] = try reshaped(number, image, to: try type(y))
    }

    func reshape(_ node: Graph.Node) throws(KingletError) {
        try require(node.outputs.count == 1, .unsupported, "a mask")
        let (x, y) = (try type(node.inputs[0]), try type(node.outputs[0]))
        try require(x.zero == y.zero && x.scale == y.scale, .unsupported, "input and output have different scales")
        net[node.outputs[0]] = try net.add(KA_RESHAPE, [try number(node.inputs[0])], y)
    }

    func transpose(_ node: Graph.Node, _ op: Transpose) throws(KingletError) {
        let y = try type(node.outputs[0])
        net[node.outputs[0]] = try net.add(KA_TRANSPOSE, [try number(node.inputs[0])], y) { layer in
            withUnsafeMutableBytes(of: &layer.order) { bytes in
                let order = bytes.assumingMemoryBound(to: Int32.self)
                for (i, axis) in op.permutation.enumerated() { order[i] = Int32(axis) }
            }
        }
    }

    func concat(_ node: Graph.Node, _ op: Concat) throws(KingletError) {
        try require(node.inputs.count > 1, .unsupported, "a single input")
        var all: [Int32] = []
        for v in node.inputs { all.append(try number(v)) }
        let y = try type(node.outputs[0])
        net[node.outputs[0]] = try net.add(KA_CONCAT, all, y) { $0.axis = Int32(op.axis) }
    }
}
