import Engine
import Foundation
import ONNX
import Testing

/// Models that carry their inputs and ONNX Runtime's outputs as initializers `test.in.NAME` and `test.out.NAME`.
@Suite struct FixtureTests {
    static let folder =
        ProcessInfo.processInfo.environment["KINGLET_FIXTURES"]
        ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures").path
    static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasSuffix(".onnx") }.sorted()

    @Test(arguments: files) func outputsAreThoseOfOnnxRuntime(file: String) throws {
        let fixture = try Fixture(FixtureTests.folder + "/" + file)
        for optimized in [false, true] {
            for (name, got) in try fixture.run(optimized: optimized) {
                let want = try #require(fixture.outputs[name])
                #expect(got.shape == want.shape, "\(file) \(name)")
                let error = difference(got, want)
                // One step of a quantized output is far more than 1e-4 of its range.
                let limit: Float = fixture.isQuantized ? 0.0201 : 1e-4
                #expect(error <= limit, "\(file) \(name), optimized: \(optimized)")
            }
        }
    }

    @Test(arguments: files) func whatIsWrittenComputesTheSame(file: String) throws {
        let fixture = try Fixture(FixtureTests.folder + "/" + file)
        let again = try Model(storage: try fixture.model.serialized())
        let same = zip(try fixture.run(optimized: true), try fixture.run(again, optimized: true)).allSatisfy {
            memcmp($0.1.base, $1.1.base, $0.1.type.bytes) == 0
        }
        #expect(same, "\(file)")
    }

    /// Transpose nodes cost a pass over memory each; these models need so many at most.
    @Test func layoutsNeedFewTransposes() throws {
        let most = [
            "nhwc.onnx": 0, "shuffle.onnx": 2, "pixel_shuffle.onnx": 2, "squeeze_excite.onnx": 1, "quantized.onnx": 0,
        ]
        for (file, count) in most {
            let graph = try Fixture(FixtureTests.folder + "/" + file).model.graph(batch: 2)
            #expect(graph.nodes.filter { $0.kind == "Transpose" }.count <= count, "\(file)")
        }
    }
}

/// A model with its test.
struct Fixture {
    let model: Model
    private(set) var inputs: [String: Tensor] = [:]
    private(set) var outputs: [String: Tensor] = [:]

    init(_ path: String) throws {
        model = try Model(file: path)
        for w in model.initializers {
            if w.name.hasPrefix("test.in.") { inputs[String(w.name.dropFirst(8))] = w.tensor }
            if w.name.hasPrefix("test.out.") { outputs[String(w.name.dropFirst(9))] = w.tensor }
        }
    }

    var isQuantized: Bool { model.nodes.contains { $0.op == "QuantizeLinear" } }

    func run(_ other: Model? = nil, optimized: Bool) throws -> [(String, Tensor)] {
        let model = other ?? self.model
        var graph = try model.graph(shapes: inputs.mapValues { $0.shape })
        if optimized { graph = try graph.optimized() }
        let session = try Session(try Plan(graph), threads: try ThreadPool(1))
        for (view, v) in zip(session.inputs, graph.inputs) {
            let value = graph.values[v]
            let tensor = try #require(inputs[value.name])
            let stored = try tensor.permuted(value.order.axes)
            #expect(stored.type == view.type)
            view.base.copyMemory(from: stored.base, byteCount: view.type.bytes)
        }
        session.run()
        return try zip(model.outputs, session.outputs).map { output, view in
            let copy = try Tensor(zeros: view.type)
            copy.base.copyMemory(from: view.base, byteCount: view.type.bytes)
            return (output.name, copy)
        }
    }
}

/// The largest difference, as a part of the range of `want`.
func difference(_ got: Tensor, _ want: Tensor) -> Float {
    guard got.count == want.count, want.count > 0 else { return got.count == want.count ? 0 : .infinity }
    let (a, b) = (got.floats, want.floats)
    let range = max(b.max()! - b.min()!, 1e-6)
    return zip(a, b).map { ($0 - $1).isNaN ? .infinity : abs($0 - $1) }.max()! / range
}
