import Engine
import Testing

/// What graphs become before they are trained.
@Suite struct TrainingPassTests {
    private static func relative(_ a: Tensor, _ b: Tensor) -> Float {
        distance(a, b) / b.floats.reduce(Float(1)) { max($0, abs($1)) }
    }

    /// Conv, norm, relu; conv, norm, add, relu; depthwise conv, norm, clip; pooling; Gemm and a norm.
    private func network(_ noise: inout IntegerNoise) throws -> Graph {
        var graph = Graph()
        func weight(_ graph: inout Graph, _ shape: [Int], _ low: Float = -0.5, _ high: Float = 0.5) throws -> Int {
            graph.constant(try noise.floats(shape, low, high))
        }
        func norm(_ graph: inout Graph, _ x: Int, _ c: Int) throws -> Int {
            let w = [
                try weight(&graph, [c], 0.5, 1.5), try weight(&graph, [c]), try weight(&graph, [c]),
                try weight(&graph, [c], 0.5, 2),
            ]
            return try graph.apply("BatchNormalization", [x] + w, ["epsilon": .float(1e-3), "momentum": .float(0.8)])
        }
        func conv(_ graph: inout Graph, _ x: Int, _ w: [Int], bias: Bool, groups: Int = 1) throws -> Int {
            let inputs = [x, try weight(&graph, w)] + (bias ? [try weight(&graph, [w[0]])] : [])
            let y = try graph.apply("Conv", inputs, ["pads": .ints([1, 1, 1, 1]), "group": .int(groups)])
            return try norm(&graph, y, w[0])
        }
        graph.inputs = [graph.add(Graph.Value(name: "x", type: TensorType(.f32, [2, 6, 5, 3])))]
        let a = try graph.apply("Relu", [try conv(&graph, graph.inputs[0], [8, 3, 3, 3], bias: true)])
        let b = try conv(&graph, a, [8, 3, 3, 8], bias: false)
        let sum = try graph.apply("Relu", [try graph.apply("Add", [b, a])])
        let d = try conv(&graph, sum, [8, 3, 3, 1], bias: false, groups: 8)
        let limits = [try Tensor([0 as Float], shape: []), try Tensor([6 as Float], shape: [])]
        let e = try graph.apply("Clip", [d], parameters: limits)
        let pooled = try graph.apply("Flatten", [try graph.apply("GlobalAveragePool", [e])])
        let product = try graph.apply("Gemm", [pooled, try weight(&graph, [8, 7]), try weight(&graph, [7])])
        graph.outputs = [try norm(&graph, product, 7)]
        return graph
    }

    @Test func normalisationsMoveIntoWeightsThatStayApart() throws {
        var noise = IntegerNoise(31)
        let graph = try network(&noise)
        let x = try noise.floats([2, 6, 5, 3], -1, 1)
        let wanted = try outputs(graph, [x])[0]
        let made = try graph.optimized(trainingPasses)
        #expect(
            made.nodes.map { $0.kind } == [
                "FoldBatchNorm", "Conv", "FoldBatchNorm", "Conv", "FoldBatchNorm", "Conv", "GlobalAveragePool",
                "Flatten", "FoldBatchNorm", "Gemm",
            ])
        for target in targets {
            let error = Self.relative(try outputs(made, [x], target)[0], wanted)
            #expect(error < 1e-5, "\(target.kernels.isa.name), \(target.workers) workers: off by \(error)")
        }
    }

    @Test func statisticsOfABatchReplaceThoseOfTraining() throws {
        var noise = IntegerNoise(32)
        var made = try network(&noise).optimized(scratchPasses)
        let before = made.values.count
        let list = try made.useBatchStatistics()
        #expect(list.count == 4 && list.allSatisfy { $0.momentum == 0.8 && $0.mean >= before })
        #expect(list.map { $0.count } == [60, 60, 60, 2])
        #expect(
            list.allSatisfy {
                made.values[$0.runningMean].constant != nil && made.values[$0.runningVariance].constant != nil
            })
        made.outputs = [list[0].mean, list[0].variance]
        let norm = made.nodes.firstIndex { $0.outputs.contains(list[0].mean) } ?? 0
        made.outputs += [made.nodes[norm].inputs[0], made.nodes[norm].outputs[0]]
        let y = try outputs(made, [try noise.floats([2, 6, 5, 3], -1, 1)])
        let (scale, shift) = (made.nodes[norm].inputs[1], made.nodes[norm].inputs[2])
        for c in 0..<8 {
            let rows = (0..<60).map { Double(y[2].float($0 * 8 + c)) }
            let mean = rows.reduce(0, +) / 60
            let variance = rows.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 60
            let f = Double(made.values[scale].constant?.float(c) ?? 0) / (variance + 1e-3).squareRoot()
            let b = Double(made.values[shift].constant?.float(c) ?? 0)
            let worst = rows.enumerated().reduce(0.0) {
                max($0, abs(Double(y[3].float($1.0 * 8 + c)) - max(0, ($1.1 - mean) * f + b)))
            }
            #expect(abs(Double(y[0].float(c)) - mean) < 1e-6 && abs(Double(y[1].float(c)) - variance) < 1e-5)
            #expect(worst < 1e-5, "channel \(c): off by \(worst)")
        }
    }

    /// Quantized input, weights by channel, bias, output.
    private func quantized(_ dtype: DType, _ noise: inout IntegerNoise) throws -> Graph {
        var graph = Graph()
        let zero = dtype == .u8 ? 128 : 0
        graph.inputs = [graph.add(Graph.Value(name: "x", type: TensorType(.f32, [2, 6, 5, 3])))]
        let x = try graph.fake(0, 0.02, zero + 3, dtype)
        let scales = (0..<8).map { 0.003 + 0.0005 * Float($0) }
        let zeros = [Int](repeating: 0, count: 8)
        let (w, b) = (graph.constant(try noise.int8([8, 3, 3, 3])), graph.constant(try noise.int32([8], 3000)))
        (graph.values[w].origin, graph.values[b].origin) = ("w", "b")
        let weights = [
            try graph.dequantize(w, scales, zeros, axis: 0),
            try graph.dequantize(b, scales.map { $0 * 0.02 }, zeros, axis: 0),
        ]
        let y = try graph.apply("Relu", [try graph.apply("Conv", [x] + weights)])
        graph.outputs = [try graph.fake(y, 0.03, zero - 128, dtype)]
        return graph
    }

    @Test func quantizedNetworksAreSimulatedAndTrainedInFloats() throws {
        var noise = IntegerNoise(33)
        for dtype in [DType.i8, .u8] {
            let graph = try quantized(dtype, &noise)
            let x = try noise.floats([2, 6, 5, 3], -2, 2)
            let wanted = try outputs(graph, [x])[0]
            let simulated = try graph.optimized(simulationPasses)
            #expect(simulated.nodes.map { $0.kind } == ["FakeQuantize", "Conv", "FakeQuantize"], "\(dtype.name)")
            let trained = try graph.optimized(quantizedTrainingPasses)
            #expect(
                trained.nodes.map { $0.kind } == ["FakeQuantize", "FakeQuantize", "Conv", "FakeQuantize"],
                "\(dtype.name)")
            for made in [simulated, trained] {
                let error = distance(try outputs(made, [x])[0], wanted)
                #expect(error <= 0.0301, "\(dtype.name): off by \(error / 0.03) steps")
            }
            for weight in graph.quantizedWeights() {
                let floats = trained.values.first { $0.origin == weight.origin }?.constant
                let integers = graph.values.first { $0.origin == weight.origin }?.constant
                let back = try floats.map { try weight.quantize($0) }
                #expect(back?.type == integers?.type && back?.ints == integers?.ints, "\(weight.origin)")
            }
        }
    }
}
