import CArmNN
import Engine

/// Products with matrices. Their inputs are made 2-D first: CpuAcc gives wrong results, without a word, where an image
/// [N, H, W, C] enters a fully connected layer.
extension Emitter {
    func gemm(_ node: Graph.Node, _ op: Gemm) throws(KingletError) {
        try require(!op.transA && op.rowBias, .unsupported, "a Gemm other than of rows by constants")
        let b = try constant(node.inputs[1])
        var weights = [Net.Weights(tensor: try turned(b, transposed: op.transB, factor: op.alpha))]
        if node.inputs.count > 2 {
            let c = try constant(node.inputs[2])
            let n = weights[0].tensor.shape[0]
            let bias = (0..<n).map { op.beta * c.float(c.count == 1 ? 0 : $0) }
            weights.append(.init(tensor: try Tensor(bias, shape: [n])))
        }
        try dense(node, weights, low: op.low, high: op.high)
    }

    func matMul(_ node: Graph.Node, _ op: MatMul) throws(KingletError) {
        let b = try constant(node.inputs[1])
        try require(b.type.rank == 2, .unsupported, "a MatMul other than by a constant matrix")
        var weights = [Net.Weights(tensor: try turned(b, transposed: false))]
        if node.inputs.count > 2 { weights.append(.init(tensor: try constant(node.inputs[2]))) }
        try dense(node, weights, low: op.low, high: op.high)
    }

    private func dense(_ node: Graph.Node, _ weights: [Net.Weights], low: Float, high: Float) throws(KingletError) {
        let y = node.outputs[0]
        let (m, x) = try rows(node.inputs[0], k: weights[0].tensor.shape[1])
        let flat = try type(y, shape: [m, weights[0].tensor.shape[0]])
        let number = try clamp(try net.add(KA_DENSE, [x], flat, weights: weights), flat, low, high)
        net[y] = try reshaped(number, flat, to: try type(y))
    }

    func gemm(_ node: Graph.Node, _ op: IntegerGemm) throws(KingletError) {
        let y = node.outputs[0]
        var weights = try integers(node, zero: op.zero, op.weights, op.multipliers, axis: op.transposed ? 0 : 1)
        var w = try turned(weights[0].tensor, transposed: op.transposed)
        let (n, k) = (w.shape[0], w.shape[1])
        let (m, x) = try rows(node.inputs[0], k: k)
        let flat = try type(y, shape: [m, n])
        var number: Int32
        if weights[0].scales.count == 1 {
            weights[0] = .init(tensor: w, scales: weights[0].scales)
            number = try net.add(KA_DENSE, [x], flat, weights: weights)
        } else {
            // A scale for each column is something that only convolutions know: one over an image of one line.
            let (from, to) = (try type(node.inputs[0], shape: [m, k]), try type(y, shape: [1, 1, m, n]))
            let line = try reshaped(x, from, to: try type(node.inputs[0], shape: [1, 1, m, k]))
            w = w.reshaped([n, 1, 1, k])
            weights[0] = .init(tensor: w, scales: weights[0].scales)
            number = try net.add(KA_CONV, [line], to, weights: weights) { layer in
                (layer.stride_h, layer.stride_w, layer.dilation_h, layer.dilation_w) = (1, 1, 1, 1)
            }
            number = try reshaped(number, to, to: flat)
        }
        net[y] = try reshaped(try clamp(number, flat, op.output), flat, to: try type(y))
    }

    /// Value `v` as rows of `k` elements, and how many.
    private func rows(_ v: Int, k: Int) throws(KingletError) -> (count: Int, number: Int32) {
        let m = graph.values[v].type.count / k
        return (m, try reshaped(try number(v), try type(v), to: try type(v, shape: [m, k])))
    }

    /// [K, N] as [N, K], times `factor`; what comes `transposed` is that already.
    private func turned(_ w: Tensor, transposed: Bool, factor: Float = 1) throws(KingletError) -> Tensor {
        if transposed && factor == 1 { return w }
        let (k, n) = transposed ? (w.shape[1], w.shape[0]) : (w.shape[0], w.shape[1])
        func source(_ i: Int) -> Int { transposed ? i : i % k * n + i / k }
        if w.type.dtype == .i8 {
            return try Tensor(.i8, [n, k], (0..<n * k).map { Int8(truncatingIfNeeded: w.int(source($0))) })
        }
        return try Tensor((0..<n * k).map { factor * w.float(source($0)) }, shape: [n, k])
    }

    /// `number`, of type `from`, in the shape of `to`.
    func reshaped(_ number: Int32, _ from: ka_tensor, to: ka_tensor) throws(KingletError) -> Int32 {
        let same =
            withUnsafeBytes(of: from.shape) { a in withUnsafeBytes(of: to.shape) { b in a.elementsEqual(b) } }
            && from.rank == to.rank
        return same ? number : try net.add(KA_RESHAPE, [number], to)
    }
}
