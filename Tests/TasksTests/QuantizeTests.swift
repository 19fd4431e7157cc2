import Engine
import ONNX
import Tasks
import Testing

@Suite struct QuantizeTests {
    /// A convolution with BatchNormalization and Relu, a residual sum, a pooled classifier.
    static func network() throws -> Model {
        var state: UInt64 = 7
        func random(_ count: Int, _ spread: Float) -> [Float] {
            (0..<count).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return (Float(state >> 40) / Float(1 << 24) - 0.5) * 2 * spread
            }
        }
        func weight(_ name: String, _ shape: [Int], _ spread: Float = 0.5, _ shift: Float = 0) throws -> Model.Initializer {
            Model.Initializer(name, try Tensor(random(shape.reduce(1, *), spread).map { $0 + shift }, shape: shape))
        }
        return Model(
            opset: 13, inputs: [Model.Value(name: "x", .f32, [.symbol("N"), .size(3), .size(8), .size(8)])],
            outputs: [Model.Value(name: "y", .f32, [.symbol("N"), .size(4)])],
            nodes: [
                Model.Node("Conv", name: "a", ["x", "wa"], ["a"], attributes: ["pads": .ints([1, 1, 1, 1])]),
                Model.Node("BatchNormalization", name: "n", ["a", "g", "b", "m", "v"], ["n"]),
                Model.Node("Relu", name: "r", ["n"], ["r"]),
                Model.Node("Conv", name: "c", ["r", "wc", "bc"], ["c"], attributes: ["pads": .ints([1, 1, 1, 1])]),
                Model.Node("Add", name: "s", ["c", "r"], ["s"]),
                Model.Node("GlobalAveragePool", name: "p", ["s"], ["p"]),
                Model.Node("Flatten", name: "f", ["p"], ["f"]),
                Model.Node("Gemm", name: "y", ["f", "wy", "by"], ["y"], attributes: ["transB": .int(1)]),
            ],
            initializers: [
                try weight("wa", [8, 3, 3, 3]), try weight("g", [8], 0.5, 1), try weight("b", [8]), try weight("m", [8]),
                try weight("v", [8], 0.4, 1), try weight("wc", [8, 8, 3, 3]), try weight("bc", [8]),
                try weight("wy", [4, 8]), try weight("by", [4]),
            ])
    }

    static var images: CalibrationSet {
        CalibrationSet(count: 8) { i, input in
            // Element k of the ONNX order goes where the graph stores it.
            let shape = input.order.restore(input.view.shape)
            for k in 0..<input.view.count {
                var (rest, at) = (k, [Int](repeating: 0, count: shape.count))
                for axis in shape.indices.reversed() { (rest, at[axis]) = rest.quotientAndRemainder(dividingBy: shape[axis]) }
                let place = zip(input.order.store(at), input.view.shape).reduce(0) { $0 * $1.1 + $1.0 }
                input.view.f32[place] = Float((k * 37 + i * 101) % 255) / 127 - 1
            }
        }
    }

    static func outputs(_ model: Model) throws -> [Float] {
        let graph = try model.graph().optimized()
        let session = try Session(Plan(graph), threads: ThreadPool(1))
        var all: [Float] = []
        for i in 0..<images.count {
            try images.load(i, CalibrationSet.Input(view: session.inputs[0], order: graph.values[graph.inputs[0]].order))
            session.run()
            all += UnsafeBufferPointer(start: session.outputs[0].f32, count: session.outputs[0].count)
        }
        return all
    }

    @Test func theInt8ModelGivesNearlyTheFloatModelsOutputs() throws {
        let model = try QuantizeTests.network()
        let float = try QuantizeTests.outputs(model)
        let span = (float.max() ?? 0) - (float.min() ?? 0)
        var options = QuantizeOptions()
        for calibration in [Calibration.minMax, .percentile(99.99), .mse] {
            for perChannel in [true, false] {
                (options.calibration, options.perChannel) = (calibration, perChannel)
                let result = try quantize(model, on: QuantizeTests.images, options)
                let int8 = try QuantizeTests.outputs(result.model)
                let worst = zip(float, int8).map { abs($0 - $1) }.max() ?? .infinity
                #expect(worst < 0.05 * span, "\(calibration), per channel \(perChannel)")
            }
        }
    }

    @Test func everyActivationIsQuantizedAndReported() throws {
        let result = try quantize(QuantizeTests.network(), on: QuantizeTests.images, QuantizeOptions())
        let pairs = result.model.nodes.filter { $0.op == "QuantizeLinear" }.map { $0.inputs[0] }
        #expect(pairs == ["x", "r", "c", "s", "p", "f", "y_float"])
        #expect(!result.model.nodes.contains { $0.op == "Relu" || $0.op == "BatchNormalization" })
        #expect(Set(result.layers.map { $0.name }) == ["x", "r", "c", "s", "p", "f", "y"])
        #expect(result.layers.allSatisfy { $0.decibels > 15 }, "\(result.layers)")
        #expect(result.layers.map { $0.decibels } == result.layers.map { $0.decibels }.sorted())
    }

    @Test func keptLayersStayInFloat() throws {
        var options = QuantizeOptions()
        (options.keepFirst, options.keepLast) = (true, true)
        let result = try quantize(QuantizeTests.network(), on: QuantizeTests.images, options)
        let weights = Set(result.model.initializers.filter { $0.tensor.type.dtype == .f32 }.map { $0.name })
        #expect(weights.contains("wy") && !weights.contains("wc"))
        let node = try #require(result.model.nodes.first { $0.op == "Conv" })
        #expect(node.inputs[0] == "x")
    }

    @Test func aQuantizedModelIsRefused() throws {
        let once = try quantize(QuantizeTests.network(), on: QuantizeTests.images, QuantizeOptions())
        #expect(throws: KingletError.self) { try quantize(once.model, on: QuantizeTests.images, QuantizeOptions()) }
    }

    @Test func rangesHoldZeroAndPercentilesCutOutliers() {
        var observation = Observation()
        var values = (0..<100_000).map { Float($0) / 100_000 + 1 }
        values[0] = 100
        values.withUnsafeBufferPointer { observation.extend($0) }
        values.withUnsafeBufferPointer { observation.count($0) }
        #expect(observation.range(.minMax) == 0...100)
        #expect(observation.range(.percentile(99.9)).upperBound < 3)
        #expect(observation.range(.mse).upperBound < 95)
        let affine = Affine(covering: -1...3)
        #expect(affine.zero == -64)
        #expect(Affine(covering: 0...0) == Affine(covering: 0...0))
    }
}
