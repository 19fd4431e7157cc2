extension QuantizedGraph {
    /// Means over windows or whole images.
    func pool(_ i: Int) -> Fused? {
        let node = graph.nodes[i]
        guard let x = source(node.inputs[0]), let sink = sink(node.outputs[0]) else { return nil }
        let (from, to) = (x.quantization, sink.quantization)
        let (kind, op): (String, any Op)
        if let pool = node.op as? AveragePool {
            kind = "IntegerAveragePool"
            op = IntegerAveragePool(
                pool.window, countsPadding: pool.countPadding, from, to, output: sink.output)
        } else if let reduce = node.op as? Reduce, reduce.kind == .mean, let rank = rank(x.x), rank >= 3,
            reduce.axes == Array(1..<rank - 1)
        {
            kind = "IntegerGlobalAveragePool"
            op = IntegerGlobalAveragePool(from, to, keepsAxes: reduce.keepDims, output: sink.output)
        } else {
            return nil
        }
        return Fused(kind: kind, op: op, inputs: [x.x], output: sink.value, absorbed: sink.absorbed)
    }

    private func rank(_ v: Int) -> Int? { graph.values[v].type.count > 0 ? graph.values[v].type.rank : nil }
}
