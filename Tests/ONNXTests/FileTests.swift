import Engine
import ONNX
import Testing

@Suite struct FileTests {
    private func small() throws -> Model {
        var model = Model(
            opset: 13,
            inputs: [Model.Value(name: "x", .f32, [.symbol("N"), .size(3)])],
            outputs: [Model.Value(name: "y", .f32, [.symbol("N"), .size(3)])],
            nodes: [
                Model.Node("Relu", name: "second", ["a"], ["y"]),
                Model.Node(
                    "Foo", name: "first", ["x", "", "w"], ["a"],
                    attributes: [
                        "i": .int(-7), "f": .float(0.5), "s": .string("text"), "is": .ints([1, -2, 1 << 40]),
                        "fs": .floats([1.5, -2]), "ss": .strings(["a", ""]),
                        "t": .tensor(try Tensor([Float(1), 2], shape: [2])),
                    ], domain: "org.example"),
            ], initializers: [Model.Initializer("w", try Tensor([Float(1), 2, 3], shape: [3, 1]))])
        model.metadata["kinglet.mean"] = "0.5"
        return model
    }

    @Test func whatIsWrittenIsReadBackWithNodesInOrder() throws {
        let model = try Model(storage: try small().serialized())
        #expect(model.nodes.map { $0.op } == ["Foo", "Relu"])
        #expect(model.nodes[0].inputs == ["x", "", "w"])
        #expect(model.nodes[0].domain == "org.example")
        #expect(model.inputs[0].shape == [.symbol("N"), .size(3)])
        #expect(model.initializer("w")?.floats == [1, 2, 3])
        #expect(model.metadata["kinglet.mean"] == "0.5")
        let attributes = model.nodes[0].attributes
        #expect(try attributes.int("i", 0) == -7)
        #expect(try attributes.float("f", 0) == 0.5)
        #expect(try attributes.string("s", "") == "text")
        #expect(try attributes.ints("is") == [1, -2, 1 << 40])
        #expect(try attributes.tensor("t")?.floats == [1, 2])
    }

    @Test func writingAgainGivesTheSameBytes() throws {
        let once = try Model(storage: try small().serialized()).serialized()
        #expect(try Model(storage: once).serialized().array == once.array)
        for file in modelFiles {
            let first = try Model(file: file).serialized()
            #expect(try Model(storage: first).serialized().array == first.array, "\(file)")
        }
    }

    @Test func weightsStayInTheFilesBytes() throws {
        let storage = try small().serialized()
        #expect(try Model(storage: storage).initializer("w")?.storage === storage)
    }

    @Test func everyTruncationIsAnErrorOrASmallerModel() throws {
        let whole = try small().serialized().array
        for count in 0..<whole.count {
            let error = failure { () throws(KingletError) in
                _ = try Model(storage: try Storage(Array(whole[..<count])))
            }
            // The graph comes second to last; metadata and opsets follow it.
            if count < whole.count / 2 { #expect(error != nil, "\(count)") }
        }
    }

    @Test func otherFilesAreNotOnnx() throws {
        let cases: [[UInt8]] = [
            [], [0xff, 0xd8, 0xff, 0xe0], Array("PK\u{3}\u{4}....".utf8), Array("hello world".utf8), [0],
        ]
        for bytes in cases {
            let error = failure { () throws(KingletError) in _ = try Model(storage: try Storage(bytes)) }
            #expect(
                error?.message.hasPrefix("not an ONNX file") == true, "\(bytes): \(error?.description ?? "no error")")
        }
    }

    @Test func aCircleIsAnErrorThatNamesItsNodes() throws {
        var model = try small()
        model.nodes[1].inputs[0] = "y"
        let storage = try model.serialized()
        let error = failure { () throws(KingletError) in _ = try Model(storage: storage) }
        #expect(error?.message.contains("circle: node 'second', node 'first'") == true, "\(error?.description ?? "")")
    }

    @Test func namesThatClashOrComeFromNowhereAreErrors() throws {
        var twice = try small()
        twice.nodes[1].outputs[0] = "w"
        var nowhere = try small()
        nowhere.nodes[0].inputs[0] = "b"
        for (model, message) in [(twice, "two values are called 'w'"), (nowhere, "input 'b' comes from nowhere")] {
            let storage = try model.serialized()
            let error = failure { () throws(KingletError) in _ = try Model(storage: storage) }
            #expect(error?.message == message)
            #expect(error?.path.first?.hasPrefix("node '") == true)
        }
    }

    @Test func halfPrecisionIsWidenedAndNarrowedWithoutLoss() throws {
        // TensorProto: dims 65536, data_type float16, name, raw_data of every bit pattern.
        var bytes: [UInt8] = [0x08, 0x80, 0x80, 0x04, 0x10, 10, 0x42, 1, 0x77, 0x4a, 0x80, 0x80, 0x08]
        for bits in 0..<65536 { bytes += [UInt8(bits & 255), UInt8(bits >> 8)] }
        let tensor = field(5, bytes)
        let file = [0x08, 8] + field(7, tensor) + field(8, [0x10, 13])
        let model = try Model(storage: try Storage(file))
        let w = try #require(model.initializer("w"))
        for bits in [0, 1, 0x3ff, 0x400, 0x3c00, 0x7bff, 0x7c00, 0x8001, 0xc000] {
            #expect(w.float(bits) == Float(Float16(bitPattern: UInt16(bits))), "\(bits)")
        }
        let again = try Model(storage: try model.serialized()).serialized().array
        let finite = (0..<65536).filter { !Float16(bitPattern: UInt16($0)).isNaN }
        let start = try #require(again.firstRange(of: [0x4a, 0x80, 0x80, 0x08])).upperBound
        #expect(finite.allSatisfy { Int(again[start + 2 * $0]) | Int(again[start + 2 * $0 + 1]) << 8 == $0 })
    }

    @Test func opsetsOutsideTheRangeAreRefused() throws {
        for (opset, fine) in [(8, false), (9, true), (25, true), (26, false)] {
            var model = try small()
            model.opsets = [Model.Opset("", opset)]
            let storage = try model.serialized()
            #expect((failure { () throws(KingletError) in _ = try Model(storage: storage) } == nil) == fine, "\(opset)")
        }
    }

    private func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var n = bytes.count
        while n >= 128 {
            length.append(UInt8(n & 127 | 128))
            n >>= 7
        }
        return [UInt8(number << 3 | 2)] + length + [UInt8(n)] + bytes
    }
}
