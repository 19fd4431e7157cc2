import Engine
import ONNX
import Tasks
import Testing

/// Float operators on every device there is, against the native engine.
@Suite(.needsArmNN) struct FloatTests {
    typealias Build = @Sendable (inout Draft, String) throws -> String

    static func pad(_ p: Int, _ stride: Int = 1, group: Int = 1) -> [String: Attribute] {
        ["pads": .ints([0, p, p, 0]), "strides": .ints([stride, stride]), "group": .int(group)]
    }

    static let images: [(String, Build)] = [
        ("Conv", { d, x in d.node("Conv", [x, try d.weights([5, 8, 3, 3]), try d.weights([5])], pad(1, 2)) }),
        ("Conv without bias", { d, x in d.node("Conv", [x, try d.weights([5, 8, 1, 1])]) }),
        (
            "Conv with gaps",
            { d, x in d.node("Conv", [x, try d.weights([5, 8, 3, 2])], ["dilations": .ints([2, 1])]) }
        ),
        (
            "depthwise",
            { d, x in d.node("Conv", [x, try d.weights([8, 1, 3, 3]), try d.weights([8])], pad(1, group: 8)) }
        ),
        ("two filters a channel", { d, x in d.node("Conv", [x, try d.weights([16, 1, 3, 3])], pad(1, group: 8)) }),
        ("Relu", { d, x in d.node("Relu", [d.node("Conv", [x, try d.weights([5, 8, 3, 3])])]) }),
        (
            "Clip",
            { d, x in
                let y = d.node("Conv", [x, try d.weights([5, 8, 3, 3])])
                let (low, high) = (try Tensor([Float(-0.2)], shape: []), try Tensor([Float(0.3)], shape: []))
                return d.node("Clip", [y, d.constant(low), d.constant(high)])
            }
        ),
        (
            "residual",
            { d, x in
                let y = d.node("Conv", [x, try d.weights([8, 8, 3, 3])], ["pads": .ints([1, 1, 1, 1])])
                return d.node("Relu", [d.node("Add", [x, y])])
            }
        ),
        ("Sub", { d, x in d.node("Sub", [x, d.node("Sigmoid", [x])]) }),
        ("Mul by channels", { d, x in d.node("Mul", [x, try d.weights([1, 8, 1, 1])]) }),
        ("Mul per image", { d, x in d.node("Mul", [x, d.node("Sigmoid", [d.node("GlobalAveragePool", [x])])]) }),
        (
            "MaxPool",
            { d, x in d.node("MaxPool", [x], ["kernel_shape": .ints([3, 3]), "pads": .ints([0, 1, 1, 0])]) }
        ),
        (
            "AveragePool, padding counts",
            { d, x in
                d.node(
                    "AveragePool", [x],
                    ["kernel_shape": .ints([3, 3]), "pads": .ints([1, 1, 1, 1]), "count_include_pad": .int(1)])
            }
        ),
        (
            "AveragePool",
            { d, x in d.node("AveragePool", [x], ["kernel_shape": .ints([2, 3]), "pads": .ints([1, 1, 0, 1])]) }
        ),
        ("GlobalMaxPool", { d, x in d.node("GlobalMaxPool", [x]) }),
        (
            "BatchNormalization",
            { d, x in
                let rest = [try d.weights([8]), try d.weights([8]), try d.weights([8]), try d.weights([8], around: 1)]
                return d.node("BatchNormalization", [x] + rest)
            }
        ),
        ("Concat", { d, x in d.node("Concat", [x, d.node("Tanh", [x])], ["axis": .int(1)]) }),
        ("Elu", { d, x in d.node("Elu", [x], ["alpha": .float(0.7)]) }),
        ("LeakyRelu", { d, x in d.node("LeakyRelu", [x], ["alpha": .float(0.2)]) }),
        ("HardSwish", { d, x in d.node("HardSwish", [x]) }),
        // An image [N, H, W, C] of a convolution that enters a product: CpuAcc is wrong, without a word, if it stays 4-D.
        (
            "Gemm of a convolution",
            { d, x in
                let image = d.node("Conv", [x, try d.weights([8, 8, 1, 1])])
                let y = d.node("Flatten", [d.node("Transpose", [image], ["perm": .ints([0, 2, 3, 1])])])
                return d.node("Gemm", [y, try d.weights([7, 8 * 9 * 6]), try d.weights([7])], ["transB": .int(1)])
            }
        ),
        (
            "MatMul of a convolution",
            { d, x in
                let image = d.node("Conv", [x, try d.weights([8, 8, 1, 1])])
                let y = d.node("Transpose", [image], ["perm": .ints([0, 2, 3, 1])])
                return d.node("Add", [d.node("MatMul", [y, try d.weights([8, 7])]), try d.weights([7])])
            }
        ),
        (
            "Gemm of planes",
            { d, x in
                let y = d.node("Flatten", [d.node("Conv", [x, try d.weights([8, 8, 1, 1])])])
                return d.node("Gemm", [y, try d.weights([7, 8 * 9 * 6]), try d.weights([7])], ["transB": .int(1)])
            }
        ),
        (
            "Softmax",
            { d, x in
                let y = d.node("Flatten", [d.node("GlobalAveragePool", [x])])
                let z = d.node("Gemm", [y, try d.weights([8, 7], 3)], ["alpha": .float(0.5)])
                return d.node("Softmax", [z])
            }
        ),
    ]

    @Test func floatOperatorsAgreeWithTheNativeEngine() throws {
        for (name, build) in Self.images {
            var draft = Draft([2, 8, 9, 6])
            let y = try build(&draft, "x")
            let model = draft.model(y)
            let wanted = try Draft.run(model, .native)
            for device in devices {
                let got = try Draft.run(model, .armnn, device)
                #expect(relative(got.y, wanted.y) < 1e-3, "\(name), \(device)")
                let rest = try #require(got.offloaded).rest.map { "\($0.step.kind): \($0.reason)" }
                #expect(got.offloaded?.regions.count == 1 && rest.isEmpty, "\(name), \(device): \(rest)")
            }
        }
    }

    /// Exp has no form in Arm NN here; it reads what region 1 makes and feeds region 2, which also reads region 1.
    @Test func whatIsMissingRunsNativelyBetweenRegions() throws {
        var draft = Draft([1, 4, 8, 8])
        let a = draft.node("Relu", [draft.node("Conv", ["x", try draft.weights([4, 4, 3, 3])])])
        let b = draft.node("Exp", [a])
        let y = draft.node("Conv", [draft.node("Add", [a, b]), try draft.weights([3, 4, 1, 1])])
        let model = draft.model(y)
        let wanted = try Draft.run(model, .native)
        for device in devices {
            let got = try Draft.run(model, .armnn, device)
            let offloaded = try #require(got.offloaded)
            let kinds = offloaded.regions.map { $0.steps.map { $0.kind } }
            #expect(
                kinds == [["Conv"], ["Add", "Conv", "Transpose"]] && offloaded.rest.map { $0.step.kind } == ["Exp"],
                "\(kinds)")
            #expect(relative(got.y, wanted.y) < 1e-3, "\(device)")
        }
    }
}
