import Engine
import Testing

/// What operators refuse, by kind and by a word of the message.
@Suite struct OpErrorTests {
    private static let image = TensorType(.f32, [1, 4, 5, 3])

    private static func list(_ values: [Int64]) throws -> Tensor { try Tensor(values, shape: [values.count]) }

    /// The error of making `name` and inferring its types; nil if there is none.
    private static func error(
        _ name: String, _ inputs: [TensorType], _ attributes: [String: Attribute] = [:],
        parameters: [Int: Tensor] = [:],
        opset: Int = 21, outputs: Int = 1
    ) -> KingletError? {
        guard let entry = registry.first(where: { $0.names.contains(name) }) else { return nil }
        let last = parameters.keys.max().map { $0 + 1 } ?? 0
        var all: [TensorType?] = inputs
        while all.count < last { all.append(nil) }
        for (i, tensor) in parameters { all[i] = tensor.type }
        let constants = all.indices.map { parameters[$0] }
        do throws(KingletError) {
            let op = try entry.make(
                OpSpec(Attributes(attributes), opset: opset, inputs: all, constants: constants, outputCount: outputs))
            _ = try op.infer(all.indices.filter { !entry.parameters.contains($0) }.compactMap { all[$0] })
            return nil
        } catch {
            return error
        }
    }

    @Test func noOperatorTrapsForWantOfInputs() {
        for entry in registry {
            for name in entry.names {
                for inputs in [[], [Self.image], [Self.image, Self.image]] {
                    let error = Self.error(name, inputs)
                    #expect(!inputs.isEmpty || error != nil, "\(name) of nothing")
                }
            }
        }
    }

    @Test func impossibleShapesAreRefused() throws {
        let x = Self.image
        let cases: [(KingletError?, String)] = [
            (Self.error("Add", [x, TensorType(.f32, [4])]), "broadcast"),
            (Self.error("Relu", [x, x]), "inputs"),
            (Self.error("Concat", [x, TensorType(.f32, [1, 4, 6, 3])], ["axis": .int(3)]), "Concat"),
            (Self.error("Concat", [x], ["axis": .int(4)]), "axis 4"),
            (Self.error("Split", [x], ["axis": .int(3)], opset: 13, outputs: 2), "equal parts"),
            (Self.error("Split", [x], ["axis": .int(3), "split": .ints([4, -1])], opset: 11, outputs: 2), "add up"),
            (Self.error("Reshape", [x], parameters: [1: try Self.list([7, -1])]), "cannot reshape"),
            (Self.error("Reshape", [x], parameters: [1: try Self.list([-1, -1])]), "negative"),
            (Self.error("Reshape", [x], parameters: [1: try Self.list([1, 1, 1, 1, 0])]), "axis 4"),
            (Self.error("Squeeze", [x], parameters: [1: try Self.list([1])]), "not 1"),
            (Self.error("Unsqueeze", [x], parameters: [1: try Self.list([9])]), "axis 9"),
            (Self.error("Transpose", [x], ["perm": .ints([0, 1, 1, 2])]), "permutation"),
            (Self.error("MaxPool", [x], ["kernel_shape": .ints([9, 9])]), "does not fit"),
            (Self.error("MaxPool", [x]), "kernel"),
            (Self.error("GlobalAveragePool", [TensorType(.f32, [3, 4])]), "image"),
            (Self.error("Softmax", [x], ["axis": .int(-5)]), "axis -5"),
            (
                Self.error(
                    "Pad", [x], ["mode": .string("reflect")], parameters: [1: try Self.list([0, 9, 0, 0, 0, 0, 0, 0])]),
                "beyond"
            ),
            (Self.error("Gather", [x, TensorType(.i64, [1])], parameters: [1: try Self.list([1])]), "index 1"),
            (Self.error("Expand", [x], parameters: [1: try Self.list([2])]), "broadcast"),
            (Self.error("Flatten", [x], ["axis": .int(5)]), "axis 5"),
        ]
        for (error, word) in cases {
            #expect(
                error?.kind == .shape && error?.message.contains(word) == true,
                "\(word): \(error?.message ?? "accepted")")
        }
    }

    @Test func hugeResultsAreRefusedBeforeTheyAreAllocated() throws {
        let x = TensorType(.f32, [1, 1])
        let far = try Self.list([1 << 20, 1 << 20])
        for error in [
            Self.error("Expand", [x], parameters: [1: far]), Self.error("ConstantOfShape", [], parameters: [0: far]),
            Self.error("Pad", [x], parameters: [1: try Self.list([1 << 24, 1 << 24, 0, 0])]),
        ] {
            #expect(error?.kind == .resource, "\(error?.message ?? "accepted")")
        }
        #expect(Self.error("Pad", [x], parameters: [1: try Self.list([0, .max, .min, 0])]) != nil)
    }

    @Test func whatIsNotSupportedIsSaid() throws {
        let x = Self.image
        let half = try Tensor([0.5 as Float], shape: [])
        let cases: [(KingletError?, String)] = [
            (Self.error("Relu", [TensorType(.f64, [3])]), "float64"),
            (Self.error("Cast", [x], ["to": .int(10)]), "type 10"),
            (
                Self.error(
                    "Pad", [x], ["mode": .string("spiral")], parameters: [1: try Self.list([0, 0, 0, 0, 0, 0, 0, 0])]),
                "spiral"
            ),
            (Self.error("Slice", [x, TensorType(.i64, [1]), TensorType(.i64, [1])]), "constant"),
            (
                Self.error("MaxPool", [TensorType(.f32, [1, 4, 4, 4, 3])], ["kernel_shape": .ints([2, 2, 2])]),
                "spatial"
            ),
            (Self.error("Dropout", [x], parameters: [1: half, 2: try Tensor(.bool, [], [1 as UInt8])]), "training"),
            (Self.error("Transpose", [TensorType(.f32, [Int](repeating: 1, count: 9))]), "axes"),
        ]
        for (error, word) in cases {
            #expect(
                error?.kind == .unsupported && error?.message.contains(word) == true,
                "\(word): \(error?.message ?? "accepted")")
        }
    }
}
