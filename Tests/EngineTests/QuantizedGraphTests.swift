import Testing

import Engine

/// A small quantized network as ONNX Runtime's quantizer writes them: Conv, depthwise Conv, Add, GlobalAveragePool or
/// Flatten, Gemm, each between DequantizeLinear and QuantizeLinear.
private func network(_ dtype: DType, _ noise: inout IntegerNoise, relu: Bool) throws -> Graph {
    var graph = Graph()
    let zero = dtype == .u8 ? 128 : 0
    graph.inputs = [graph.add(Graph.Value(name: "x", type: TensorType(.f32, [2, 8, 9, 3])))]
    func weights(_ graph: inout Graph, _ shape: [Int], _ x: Float) throws -> [Int] {
        let scales = (0..<shape[0]).map { _ in noise.float(0.002, 0.008) }
        let zeros = [Int](repeating: 0, count: shape[0])
        let w = try graph.dequantize(graph.constant(try noise.int8(shape)), scales, zeros, axis: 0)
        let b = try graph.dequantize(
            graph.constant(try noise.int32([shape[0]], 3000)), scales.map { $0 * x }, zeros, axis: 0)
        return [w, b]
    }
    func conv(_ graph: inout Graph, _ x: Int, _ scale: Float, _ shape: [Int], groups: Int, to: Float) throws -> Int {
        var y = try graph.apply(
            "Conv", [x] + weights(&graph, shape, scale), [:].merging(["pads": .ints([1, 1, 1, 1])]) { $1 }
                .merging(["group": .int(groups)]) { $1 })
        if relu { y = try graph.apply("Relu", [y]) }
        return try graph.fake(y, to, relu ? zero - 128 : zero, dtype)
    }
    let x = try graph.fake(0, 0.02, zero + 3, dtype)
    let a = try conv(&graph, x, 0.02, [12, 3, 3, 3], groups: 1, to: 0.04)
    let b = try conv(&graph, a, 0.04, [12, 3, 3, 1], groups: 12, to: 0.05)
    let c = try conv(&graph, b, 0.05, [12, 3, 3, 12], groups: 1, to: 0.3)
    var last = c
    if entry(for: "Add") != nil { last = try graph.fake(try graph.apply("Add", [c, b]), 0.31, zero - 4, dtype) }
    if entry(for: "GlobalAveragePool") != nil && entry(for: "Flatten") != nil {
        last = try graph.fake(try graph.apply("GlobalAveragePool", [last]), 0.1, zero, dtype)
        last = try graph.fake(try graph.apply("Flatten", [last]), 0.1, zero, dtype)
        let y = try graph.apply("Gemm", [last] + weights(&graph, [5, 12], 0.1), ["transB": .int(1)])
        last = try graph.fake(y, 0.05, zero + 11, dtype)
    }
    graph.outputs = [last]
    return graph
}

@Test func quantizedGraphsRunAsIntegersAndAgreeWithTheFloatSimulation() throws {
    var noise = IntegerNoise(5)
    for dtype in [DType.i8, .u8] {
        for relu in [false, true] {
            let graph = try network(dtype, &noise, relu: relu)
            let fused = try graph.optimized()
            let kinds = fused.nodes.map { $0.kind }
            #expect(kinds.filter { $0 == "QuantizeLinear" || $0 == "DequantizeLinear" }.count == 2, "\(kinds)")
            #expect(!kinds.contains("Conv") && !kinds.contains("FlipSign"), "\(kinds)")
            let x = try noise.floats([2, 8, 9, 3], -2.5, 2.5)
            let wanted = try outputs(graph, [x])[0]
            let first = try outputs(fused, [x])[0]
            let step: Float = kinds.contains("IntegerGemm") ? 0.05 : 0.31
            #expect(distance(first, wanted) <= step * 1.001, "\(dtype.name): \(distance(first, wanted) / step) steps")
            for target in targets {
                let y = try outputs(fused, [x], target)[0]
                #expect(distance(y, first) == 0, "\(dtype.name), \(target.kernels.isa.name), \(target.workers) threads")
            }
        }
    }
}

/// Operators that hand elements on, tables, products and constants between quantizations.
private func odds(_ dtype: DType, _ noise: inout IntegerNoise) throws -> Graph {
    var graph = Graph()
    let zero = dtype == .u8 ? 128 : 0
    graph.inputs = [graph.add(Graph.Value(name: "x", type: TensorType(.f32, [2, 8, 9, 6])))]
    let x = try graph.fake(0, 0.02, zero + 3, dtype)
    let pooled = try graph.apply(
        "MaxPool", [x], ["kernel_shape": .ints([3, 3]), "strides": .ints([2, 2]), "pads": .ints([1, 1, 1, 1])])
    let swish = try graph.fake(try graph.apply("HardSwish", [pooled]), 0.03, zero - 20, dtype)
    let mean = try graph.fake(
        try graph.apply("AveragePool", [swish], ["kernel_shape": .ints([2, 3]), "pads": .ints([0, 1, 1, 1])]), 0.02, zero,
        dtype)
    let joined = try graph.fake(try graph.apply("Concat", [swish, mean], ["axis": .int(3)]), 0.025, zero - 9, dtype)
    let constant = dtype == .u8 ? try noise.uint8([12]) : try noise.int8([12])
    let shift = try graph.dequantize(graph.constant(constant), [0.01], [zero])
    let sum = try graph.fake(try graph.apply("Sub", [joined, shift]), 0.03, zero, dtype)
    let pads = try Tensor([Int64](arrayLiteral: 0, 1, 0, 0, 0, 0, 2, 0), shape: [8])
    let padded = try graph.fake(try graph.apply("Pad", [sum], parameters: [pads]), 0.03, zero, dtype)
    let whole = try graph.fake(try graph.apply("GlobalAveragePool", [padded]), 0.01, zero, dtype)
    let gate = try graph.fake(try graph.apply("Sigmoid", [whole]), 0.004, zero - 128, dtype)
    graph.outputs = [try graph.fake(try graph.apply("Mul", [padded, gate]), 0.02, zero + 5, dtype)]
    return graph
}

@Test func operatorsBesideProductsRunAsIntegersToo() throws {
    var noise = IntegerNoise(6)
    for dtype in [DType.i8, .u8] {
        let graph = try odds(dtype, &noise)
        let fused = try graph.optimized()
        let kinds = fused.nodes.map { $0.kind }
        let float = kinds.filter { !["MaxPool", "Concat", "Pad"].contains($0) && !$0.hasPrefix("Integer") }
        #expect(float == ["QuantizeLinear", "DequantizeLinear"], "\(kinds)")
        let x = try noise.floats([2, 8, 9, 6], -2.5, 2.5)
        let wanted = try outputs(graph, [x])[0]
        let first = try outputs(fused, [x])[0]
        #expect(distance(first, wanted) <= 0.0401, "\(dtype.name): \(distance(first, wanted) / 0.02) steps")
        let same = zip(first.floats, wanted.floats).count { $0 == $1 }
        #expect(same > first.count * 9 / 10, "\(dtype.name): only \(same) of \(first.count) equal the simulation")
        for target in targets {
            let y = try outputs(fused, [x], target)[0]
            #expect(distance(y, first) == 0, "\(dtype.name), \(target.kernels.isa.name), \(target.workers) threads")
        }
    }
}
