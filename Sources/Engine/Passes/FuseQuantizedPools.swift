extension QuantizedGraph {
    /// GlobalAveragePool, or ReduceMean over all axes between the first and the last.
    func pool(_ i: Int) -> Fused? {
        let node = graph.nodes[i]
        guard node.kind == "GlobalAveragePool", let x = source(node.inputs[0]), let sink = sink(node.outputs[0]) else {
            return nil
        }
        let op = IntegerGlobalAveragePool(x.quantization, sink.quantization, output: sink.output)
        return Fused(
            kind: "IntegerGlobalAveragePool", op: op, inputs: [x.x], output: sink.value, absorbed: sink.absorbed)
    }
}
