extension QuantizedGraph {
    /// Add, Sub or Mul of two int8 values.
    func pair(_ i: Int) -> Fused? {
        let node = graph.nodes[i]
        guard node.inputs.count == 2, let a = source(node.inputs[0]), let b = source(node.inputs[1]),
            let sink = sink(node.outputs[0]),
            IntegerPairs.accepts(graph.values[a.x].type.shape, graph.values[b.x].type.shape)
        else { return nil }
        let (p, q, y) = (a.quantization, b.quantization, sink.quantization)
        let op: any Op =
            switch node.kind {
            case "Mul": IntegerMul(p, q, y, output: sink.output)
            case "Sub": IntegerAdd(p, Quantization(scale: -q.scale, zero: q.zero), y, output: sink.output)
            default: IntegerAdd(p, q, y, output: sink.output)
            }
        return Fused(
            kind: node.kind == "Mul" ? "IntegerMul" : "IntegerAdd", op: op, inputs: [a.x, b.x], output: sink.value,
            absorbed: sink.absorbed)
    }

    /// A function of one element: a table of its 256 values.
    func table(_ i: Int) -> Fused? {
        let node = graph.nodes[i]
        guard isElementwise(node), let x = source(node.inputs[0]), let sink = sink(node.outputs[0]) else { return nil }
        let from = x.quantization
        var values = (-128...127).map { (q: Int32) in Float(q - from.zero) * from.scale }
        let type = TensorType(.f32, [256])
        values.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            let view = TensorView(type, base)
            let frame = Frame(x: [view], y: [view], scratch: base, packed: base, target: Target())
            node.op.forward(frame, .alone)
        }
        let to = sink.quantization
        let table = values.map { Int8(truncatingIfNeeded: to.quantize(clamp($0, sink.low, sink.high))) }
        return Fused(
            kind: "IntegerTable", op: IntegerTable(table), inputs: [x.x], output: sink.value, absorbed: sink.absorbed)
    }

    private func isElementwise(_ node: Graph.Node) -> Bool {
        switch node.kind {
        case "Relu", "Clip", "LeakyRelu", "Elu", "HardSigmoid", "HardSwish", "Sigmoid", "Tanh", "Exp", "Sqrt", "Neg", "Abs":
            node.inputs.count == 1 && node.op.inPlace
        default: false
        }
    }

    /// Concat of int8 values; those of another scale than the output's go through a table first.
    mutating func concat(_ i: Int) -> Fused? {
        let node = graph.nodes[i]
        guard let moved = move(i), (try? node.op.infer(moved.types)) == [graph.values[moved.sink.value].type] else {
            return nil
        }
        return Fused(
            kind: node.kind, op: node.op, inputs: rescaled(moved, before: i), output: moved.sink.value,
            absorbed: moved.sink.absorbed)
    }

    /// Pad of an int8 value: what it puts in is quantized as the output is.
    mutating func pad(_ i: Int) throws(KingletError) -> Fused? {
        let node = graph.nodes[i]
        guard let pad = node.op as? Pad, let moved = move(i) else { return nil }
        let value = moved.sink.quantization.quantize(pad.value?.float(0) ?? 0)
        let op = Pad(
            pad.mode, before: pad.before, after: pad.after,
            value: try Tensor(.i8, [], [Int8(truncatingIfNeeded: value)]))
        return Fused(
            kind: node.kind, op: op, inputs: rescaled(moved, before: i), output: moved.sink.value,
            absorbed: moved.sink.absorbed)
    }

    /// Inputs and output of an operator that hands elements on: all int8, nothing done to them before they are quantized.
    private struct Move {
        var inputs: [(x: Int, quantization: Quantization)]
        var types: [TensorType]
        let sink: Sink
    }

    private func move(_ i: Int) -> Move? {
        guard let sink = sink(graph.nodes[i].outputs[0]), sink.low == -.infinity, sink.high == .infinity else { return nil }
        var move = Move(inputs: [], types: [], sink: sink)
        for v in graph.nodes[i].inputs {
            guard let from = source(v) else { return nil }
            move.inputs.append(from)
            move.types.append(graph.values[from.x].type)
        }
        return move
    }

    /// The inputs in the output's scale, by tables that run before node `i` where they differ.
    private mutating func rescaled(_ move: Move, before i: Int) -> [Int] {
        var inputs: [Int] = []
        for (x, from) in move.inputs {
            let table = IntegerTable(from, to: move.sink.quantization)
            if table.isIdentity {
                inputs.append(x)
                continue
            }
            let scaled = graph.twin(of: x, ".scaled", .i8)
            insert(
                Graph.Node(
                    name: graph.values[scaled].name, kind: "IntegerTable", op: table, inputs: [x], outputs: [scaled]),
                before: i)
            inputs.append(scaled)
        }
        return inputs
    }
}
