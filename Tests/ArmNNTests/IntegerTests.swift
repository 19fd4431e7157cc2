import Engine
import ONNX
import Tasks
import Testing

/// int8 operators on every device there is: within one step of the native engine.
@Suite(.needsArmNN) struct IntegerTests {
    /// What stands between the quantized input and the quantization of the output.
    struct Case: Sendable {
        let name: String
        let scale: Float
        let zero: Int8
        let kind: String
        let build: @Sendable (inout Draft, String) throws -> String
    }

    static let x: (scale: Float, zero: Int8) = (0.02, -13)

    static func conv(_ shape: [Int], _ attributes: [String: Attribute], single: Bool = false)
        -> @Sendable (inout Draft, String) throws -> String
    {
        { d, q in d.node("Conv", [q] + (try d.integers(shape, axis: 0, single: single, x: x.scale)), attributes) }
    }

    static let same: [String: Attribute] = ["pads": .ints([0, 1, 2, 1])]

    static let cases: [Case] = [
        Case(name: "Conv", scale: 0.05, zero: 4, kind: "IntegerConv", build: conv([6, 8, 3, 3], same)),
        Case(
            name: "Conv, one scale", scale: 0.05, zero: 4, kind: "IntegerConv",
            build: conv([6, 8, 3, 3], ["strides": .ints([2, 1])], single: true)),
        Case(
            name: "Conv, limits in the range", scale: 0.05, zero: -128, kind: "IntegerConv",
            build: conv([6, 8, 1, 1], [:])),
        Case(
            name: "Conv and Relu", scale: 0.05, zero: 0, kind: "IntegerConv",
            build: { d, q in d.node("Relu", [try conv([6, 8, 3, 3], [:])(&d, q)]) }),
        Case(
            name: "Conv and Clip", scale: 0.05, zero: 3, kind: "IntegerConv",
            build: { d, q in
                let y = try conv([6, 8, 3, 3], [:])(&d, q)
                let limits = [try Tensor([Float(-1)], shape: []), try Tensor([Float(2)], shape: [])]
                return d.node("Clip", [y] + limits.map { d.constant($0) })
            }),
        Case(
            name: "depthwise", scale: 0.03, zero: 4, kind: "IntegerConv",
            build: conv([8, 1, 3, 3], same.merging(["group": .int(8)]) { $1 })),
        Case(
            name: "depthwise, one scale", scale: 0.03, zero: 4, kind: "IntegerConv",
            build: conv([8, 1, 3, 3], same.merging(["group": .int(8)]) { $1 }, single: true)),
        Case(
            name: "Gemm", scale: 0.1, zero: -4, kind: "IntegerGemm",
            build: { d, q in
                let flat = try d.quantized(d.node("Flatten", [q]), x.scale, x.zero)
                return d.node(
                    "Gemm", [flat] + (try d.integers([7, 8 * 9 * 6], axis: 0, x: x.scale)), ["transB": .int(1)])
            }),
        Case(
            name: "Gemm, one scale", scale: 0.1, zero: -4, kind: "IntegerGemm",
            build: { d, q in
                let flat = try d.quantized(d.node("Flatten", [q]), x.scale, x.zero)
                return d.node("Gemm", [flat] + (try d.integers([8 * 9 * 6, 7], axis: 1, single: true, x: x.scale)))
            }),
        Case(
            name: "MatMul of an image", scale: 0.05, zero: 5, kind: "IntegerGemm",
            build: { d, q in
                let turned = try d.quantized(d.node("Transpose", [q], ["perm": .ints([0, 2, 3, 1])]), x.scale, x.zero)
                return d.node("MatMul", [turned, try d.integers([8, 7], axis: 1, single: true, x: x.scale)[0]])
            }),
        Case(
            name: "Add", scale: 0.03, zero: 9, kind: "IntegerAdd",
            build: { d, q in d.node("Add", [q, try d.quantized(d.node("MaxPool", [q], pool), 0.01, 40)]) }),
        Case(
            name: "Sub and Relu", scale: 0.03, zero: 0, kind: "IntegerAdd",
            build: { d, q in
                d.node("Relu", [d.node("Sub", [q, try d.quantized(d.node("MaxPool", [q], pool), 0.01, 40)])])
            }),
        Case(
            name: "Mul", scale: 0.01, zero: 9, kind: "IntegerMul",
            build: { d, q in d.node("Mul", [q, try d.quantized(d.node("MaxPool", [q], pool), 0.01, 40)]) }),
        Case(name: "MaxPool", scale: 0.02, zero: -13, kind: "MaxPool", build: { d, q in d.node("MaxPool", [q], pool) }),
        Case(
            name: "AveragePool", scale: 0.015, zero: 2, kind: "IntegerAveragePool",
            build: { d, q in d.node("AveragePool", [q], ["kernel_shape": .ints([3, 3]), "pads": .ints([1, 1, 1, 1])]) }),
        Case(
            name: "GlobalAveragePool", scale: 0.004, zero: 2, kind: "IntegerGlobalAveragePool",
            build: { d, q in d.node("GlobalAveragePool", [q]) }),
    ]

    static let pool: [String: Attribute] = ["kernel_shape": .ints([3, 3]), "pads": .ints([1, 1, 1, 1])]

    @Test func integerOperatorsAreWithinOneStep() throws {
        for c in Self.cases {
            var draft = Draft([2, 8, 9, 6])
            let q = try draft.quantized("x", Self.x.scale, Self.x.zero)
            let y = try draft.quantized(try c.build(&draft, q), c.scale, c.zero)
            let model = draft.model(y)
            let wanted = try Draft.run(model, .native, spread: 2.5)
            for device in devices {
                let got = try Draft.run(model, .armnn, device, spread: 2.5)
                let steps = distance(got.y, wanted.y) / c.scale
                #expect(steps < 1.01, "\(c.name), \(device): \(steps) steps")
                let offloaded = try #require(got.offloaded)
                let kinds = offloaded.regions.flatMap { $0.steps.map { $0.kind } }
                let rest = offloaded.rest.map { "\($0.step.kind): \($0.reason)" }
                #expect(kinds.contains(c.kind), "\(c.name), \(device): \(rest)")
            }
        }
    }
}
