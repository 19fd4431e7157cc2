import Engine
import ONNX
import Testing

@Suite struct LoweringTests {
    private func model(
        _ nodes: [Model.Node], _ weights: [Model.Initializer] = [], x: [Model.Dimension] = [.symbol("N"), .size(3)],
        output: String = "y", opset: Int = 17
    ) -> Model {
        Model(
            opset: opset, inputs: [Model.Value(name: "x", .f32, x)],
            outputs: [Model.Value(name: output, .f32, nil)], nodes: nodes, initializers: weights)
    }

    private func refusal(_ model: Model, batch: Int = 1, shapes: [String: [Int]] = [:]) -> KingletError? {
        failure { () throws(KingletError) in
            let read = try Model(storage: try model.serialized())
            _ = try Plan(try read.graph(batch: batch, shapes: shapes))
        }
    }

    @Test func whatKingletLacksIsNamedInOneError() {
        let error = refusal(
            model([
                Model.Node("Einsum", name: "first", ["x"], ["a"]),
                Model.Node("Relu", name: "second", ["a"], ["b"], attributes: ["slope": .float(1)]),
                Model.Node("Gelu", name: "third", ["b"], ["y"], domain: "com.microsoft"),
            ]))
        #expect(error?.kind == .unsupported)
        for part in [
            "node 'first': operator Einsum", "node 'second': attribute 'slope' of Relu",
            "node 'third': operator com.microsoft.Gelu",
        ] { #expect(error?.message.contains(part) == true, "\(part)") }
    }

    @Test func everyValueOfAnAttributeThatKingletLacksIsNamedToo() throws {
        let training = Model.Initializer("t", try Tensor(.bool, [], [UInt8(1)]))
        let error = refusal(
            model(
                [
                    Model.Node("Dropout", name: "first", ["x", "", "t"], ["a"]),
                    Model.Node("Dropout", name: "second", ["x", "", "t"], ["b"]),
                    Model.Node("Add", name: "sum", ["a", "b"], ["y"]),
                ], [training]))
        #expect(error?.kind == .unsupported)
        #expect(error?.message.contains("first") == true && error?.message.contains("second") == true)
    }

    @Test func anErrorNamesItsNodeAndModel() throws {
        let weight = Model.Initializer("w", try Tensor(zeros: TensorType(.f32, [2, 3])))
        let error = refusal(model([Model.Node("MatMul", name: "fc1", ["x", "w"], ["y"])], [weight]))
        #expect(error?.kind == .shape)
        #expect(error?.path == ["node 'fc1'", "model"])
    }

    @Test func inputsNeedShapesThatFit() {
        let relu = [Model.Node("Relu", ["x"], ["y"])]
        let open: [Model.Dimension] = [.symbol("N"), .size(3), .symbol("H")]
        let cases: [(String, Model, Int, [String: [Int]], KingletError.Kind?)] = [
            ("fixed", model(relu), 4, [:], nil),
            ("open", model(relu, x: open), 1, [:], .usage),
            ("given", model(relu, x: open), 1, ["x": [2, 3, 5]], nil),
            ("misfit", model(relu, x: open), 1, ["x": [2, 4, 5]], .usage),
            ("unknown name", model(relu), 1, ["z": [1]], .usage),
            ("fixed batch", model(relu, x: [.size(1), .size(3)]), 2, [:], .usage),
            ("no batch", model(relu), 0, [:], .usage),
            ("too large", model(relu, x: [.size(1 << 20), .size(1 << 20)]), 1, [:], .resource),
            ("overflow", model(relu, x: [.size(1 << 62), .size(1 << 62)]), 1, [:], .resource),
        ]
        for (name, model, batch, shapes, kind) in cases {
            #expect(refusal(model, batch: batch, shapes: shapes)?.kind == kind, "\(name)")
        }
    }

    @Test func gigabytesFromAFewBytesAreRefused() throws {
        let sizes = Model.Initializer("s", try Tensor([Int64(1) << 20, 1 << 10], shape: [2]))
        let one = model([Model.Node("ConstantOfShape", ["s"], ["y"])], [sizes])
        #expect(refusal(one)?.kind == .resource)
        // Each is within bounds, all together are not.
        let small = Model.Initializer("s", try Tensor([Int64(1) << 22], shape: [1]))
        let many = model((0..<40).map { Model.Node("ConstantOfShape", ["s"], [$0 == 0 ? "y" : "y\($0)"]) }, [small])
        #expect(refusal(many)?.kind == .resource)
    }

    @Test func weightsCanBeReplacedInTheOrderInWhichTheyAreStored() throws {
        let values = (0..<24).map { Float($0) }
        var model = self.model(
            [Model.Node("Conv", ["x", "w"], ["y"])], [Model.Initializer("w", try Tensor(values, shape: [2, 3, 2, 2]))],
            x: [.size(1), .size(3), .size(4), .size(4)])
        let graph = try model.graph()
        let weight = try #require(graph.values.first { $0.origin == "w" })
        #expect(weight.type.shape == [2, 2, 2, 3])
        let stored = try #require(weight.constant)
        let doubled = try Tensor(stored.floats.map { 2 * $0 }, shape: stored.shape)
        try model.replaceWeight("w", with: doubled, order: weight.order)
        #expect(model.initializer("w")?.floats == values.map { 2 * $0 })
        #expect(model.initializer("w")?.shape == [2, 3, 2, 2])
    }

    @Test func anyValueOfTheModelCanBeAnOutput() throws {
        let model = self.model([Model.Node("Relu", ["x"], ["a"]), Model.Node("Tanh", ["a"], ["y"])])
        let graph = try model.graph(outputs: ["a"])
        #expect(graph.nodes.map { $0.kind } == ["Relu"])
        #expect(failure { () throws(KingletError) in _ = try model.graph(outputs: ["b"]) }?.kind == .usage)
    }

    @Test func convolutionsOfImagesNeedNoTranspose() throws {
        for file in modelFiles {
            let transposes = try Model(file: file).graph().nodes.filter { $0.kind == "Transpose" }
            #expect(transposes.isEmpty, "\(file)")
        }
    }

    /// Files that one changed byte makes of a sound one: an error or a model, never a crash.
    @Test func changedBytesDoNoHarm() throws {
        for name in ["shuffle.onnx", "quantized.onnx"] {
            var bytes = try Storage(file: FixtureTests.folder + "/" + name).array
            for i in stride(from: 0, to: bytes.count, by: 4) {
                let old = bytes[i]
                bytes[i] = [0, 0xff, old ^ 1, old ^ 0x80, old &+ 1][i / 4 % 5]
                let storage = try Storage(bytes)
                bytes[i] = old
                _ = failure { () throws(KingletError) in
                    _ = try Plan(try Model(storage: storage).graph().optimized())
                }
            }
        }
    }

    @Test func subgraphsAndExternalDataAreNamed() throws {
        // NodeProto If with attribute then_branch of type GRAPH; TensorProto with data_location EXTERNAL.
        func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] { [UInt8(number << 3 | 2), UInt8(bytes.count)] + bytes }
        func text(_ number: Int, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
        let branch = field(5, text(1, "then_branch") + field(6, []) + [0xa0, 1, 5])
        let node = field(1, text(1, "x") + text(2, "y") + text(3, "choice") + text(4, "If") + branch)
        let graph = field(7, node + field(11, text(1, "x")) + field(12, text(1, "y")))
        let model = try Model(storage: try Storage([8, 8] + graph + field(8, [16, 17])))
        #expect(model.nodes[0].op == "If")
        #expect(try Model(storage: try model.serialized()).serialized().array == model.serialized().array)
        let error = failure { () throws(KingletError) in _ = try model.graph() }
        #expect(error?.message == "not supported: node 'choice': operator If")

        let weight = field(5, [8, 1, 16, 1] + text(8, "w") + field(13, text(1, "location")) + [0x70, 1])
        let external = try Storage([8, 8] + field(7, weight) + field(8, [16, 17]))
        let refusal = failure { () throws(KingletError) in _ = try Model(storage: external) }
        #expect(refusal?.kind == .unsupported)
        #expect(refusal?.path == ["initializer 'w'", "model"])
    }
}
