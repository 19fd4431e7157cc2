import Testing

import Engine

/// One convolution: x [n, h, w, c], w [o, kh, kw, c / groups].
private struct ConvCase {
    let name: String
    let x: [Int]
    let w: [Int]
    var groups = 1
    var attributes: [String: Attribute] = [:]
    var uint8 = false
    var zeros = [0]
}

private let convs: [ConvCase] = [
    ConvCase(name: "pointwise", x: [2, 5, 7, 19], w: [37, 1, 1, 19]),
    ConvCase(name: "3 × 3", x: [2, 6, 5, 4], w: [8, 3, 3, 4], attributes: ["pads": .ints([1, 1, 1, 1])]),
    ConvCase(
        name: "first layer", x: [1, 11, 12, 3], w: [24, 3, 3, 3],
        attributes: ["strides": .ints([2, 2]), "pads": .ints([0, 0, 1, 1])]),
    ConvCase(
        name: "dilation", x: [1, 9, 10, 4], w: [7, 3, 2, 4],
        attributes: ["dilations": .ints([2, 3]), "pads": .ints([1, 2, 3, 1])]),
    ConvCase(name: "groups", x: [2, 5, 6, 12], w: [15, 3, 3, 4], groups: 3, attributes: ["pads": .ints([1, 1, 1, 1])]),
    ConvCase(name: "depthwise", x: [2, 6, 7, 21], w: [21, 3, 3, 1], groups: 21, attributes: ["pads": .ints([1, 1, 1, 1])]),
    ConvCase(
        name: "depthwise, stride 2", x: [1, 9, 8, 40], w: [40, 3, 3, 1], groups: 40,
        attributes: ["strides": .ints([2, 2]), "pads": .ints([0, 0, 1, 1])]),
    ConvCase(
        name: "depthwise 5 × 3, dilation", x: [1, 11, 12, 16], w: [16, 5, 3, 1], groups: 16,
        attributes: ["dilations": .ints([2, 3]), "pads": .ints([3, 2, 4, 1])]),
    ConvCase(name: "multiplier 2", x: [1, 5, 5, 6], w: [12, 3, 3, 1], groups: 6, attributes: ["pads": .ints([1, 1, 1, 1])]),
    ConvCase(name: "uint8 weights", x: [1, 5, 4, 6], w: [9, 3, 3, 6], uint8: true, zeros: [120]),
    ConvCase(name: "uint8 weights from 0", x: [1, 5, 4, 6], w: [9, 1, 1, 6], uint8: true, zeros: [0]),
    ConvCase(
        name: "uint8 depthwise", x: [1, 5, 4, 9], w: [9, 3, 3, 1], groups: 9, attributes: ["pads": .ints([1, 1, 1, 1])],
        uint8: true, zeros: (0..<9).map { $0 * 31 }),
    ConvCase(name: "sequence", x: [2, 20, 6], w: [10, 5, 6], attributes: ["strides": .ints([2]), "pads": .ints([1, 2])]),
]

/// The formula of IntegerConv, element by element.
private func reference(
    _ c: ConvCase, _ x: Tensor, _ w: Tensor, _ b: Tensor, zero: Int, _ m: [Float], _ output: IntegerOutput
) throws -> [Float] {
    let g = try ConvGeometry(
        try Window(Attributes(c.attributes)), x.type, kernel: (c.w.count == 4 ? c.w[1] : 1, c.w[c.w.count - 2]))
    let (outputs, depth) = (c.w[0], c.w[c.w.count - 1])
    var y: [Float] = []
    for n in 0..<g.n {
        for oy in 0..<g.oh {
            for ox in 0..<g.ow {
                for o in 0..<outputs {
                    var sum = b.int(o)
                    for i in 0..<g.kh {
                        for j in 0..<g.kw {
                            let (row, column) = (oy * g.sh + i * g.dh - g.top, ox * g.sw + j * g.dw - g.left)
                            if row < 0 || row >= g.h || column < 0 || column >= g.w { continue }
                            for k in 0..<depth {
                                let channel = o / (outputs / c.groups) * depth + k
                                let v = x.int(((n * g.h + row) * g.w + column) * g.c + channel) - zero
                                sum += v * (w.int(((o * g.kh + i) * g.kw + j) * depth + k) - c.zeros[c.zeros.count == 1 ? 0 : o])
                            }
                        }
                    }
                    let real = Float(Int32(sum)) * m[o]
                    if output.dtype == .f32 { y.append(real) } else {
                        let q = real.rounded(.toNearestOrEven) + Float(output.zero)
                        y.append(min(max(q, Float(output.low)), Float(output.high)))
                    }
                }
            }
        }
    }
    return y
}

@Test func integerConvolutionIsItsFormulaOnEveryInstructionSetAndThreadCount() throws {
    var noise = IntegerNoise(1)
    for c in convs {
        let x = try noise.int8(c.x)
        let w = try c.uint8 ? noise.uint8(c.w) : noise.int8(c.w)
        let b = try noise.int32([c.w[0]], 5000)
        let m = (0..<c.w[0]).map { _ in noise.float(0.0001, 0.003) }
        let integers = IntegerOutput(Quantization(scale: 0.5, zero: -7), low: -20, high: 40)
        for output in [integers, IntegerOutput.float] {
            let op = IntegerConv(
                try Window(Attributes(c.attributes)), groups: c.groups, zero: 11,
                weights: IntegerWeights(w, zeros: c.zeros.map { Int32($0) }, axis: 0), multipliers: m, output: output)
            let expected = try reference(c, x, w, b, zero: 11, m, output)
            let graph = try graph(op, [x, w, b])
            for target in targets {
                let y = try outputs(graph, [x], target)[0]
                #expect(y.floats == expected, "\(c.name), \(target.kernels.isa.name), \(target.workers) threads")
            }
        }
    }
}

@Test func integerGemmIsItsFormulaOnEveryInstructionSetAndThreadCount() throws {
    var noise = IntegerNoise(2)
    for (m, k, n, transposed) in [(1, 64, 10, true), (7, 19, 37, false), (3, 130, 70, true), (5, 3, 4, false)] {
        let (x, b) = (try noise.int8([m, k]), try noise.int32([n], 2000))
        let w = try noise.int8(transposed ? [n, k] : [k, n])
        let scales = (0..<n).map { _ in noise.float(0.0001, 0.003) }
        let output = IntegerOutput(Quantization(scale: 0.1, zero: 25))
        let op = IntegerGemm(
            transposed: transposed, zero: -128, weights: IntegerWeights(), multipliers: scales, output: output)
        var expected: [Float] = []
        for i in 0..<m {
            for j in 0..<n {
                var sum = b.int(j)
                for l in 0..<k { sum += (x.int(i * k + l) + 128) * w.int(transposed ? j * k + l : l * n + j) }
                let q = (Float(Int32(sum)) * scales[j]).rounded(.toNearestOrEven) + 25
                expected.append(min(max(q, -128), 127))
            }
        }
        for target in targets {
            let y = try outputs(try graph(op, [x, w, b]), [x], target)[0]
            #expect(y.floats == expected, "\(m) × \(k) × \(n), \(target.kernels.isa.name), \(target.workers) threads")
        }
    }
}

@Test func integerAddAndMulAreFloatArithmeticRounded() throws {
    var noise = IntegerNoise(3)
    let (qa, qb, qy) = (
        Quantization(scale: 0.03, zero: -5), Quantization(scale: 0.05, zero: 9), Quantization(scale: 0.07, zero: -20)
    )
    for (a, b) in [
        ([2, 5, 7, 19], [2, 5, 7, 19]), ([2, 5, 7, 19], [2, 1, 1, 19]), ([2, 5, 7, 3], [1]), ([19], [2, 3, 19]),
        ([3, 5, 1], [3, 5, 33]), ([3, 1], [1, 3]),
    ] {
        let (x, z) = (try noise.int8(a), try noise.int8(b))
        for (name, op) in [
            ("Add", IntegerAdd(qa, qb, qy, output: IntegerOutput(qy)) as any Op),
            ("Mul", IntegerMul(qa, qb, qy, output: IntegerOutput(qy))),
        ] {
            var float = Graph()
            for t in [x, z] { float.inputs.append(float.add(Graph.Value(name: "x", type: t.type))) }
            let p = try float.dequantize(0, [qa.scale], [Int(qa.zero)])
            let q = try float.dequantize(1, [qb.scale], [Int(qb.zero)])
            guard entry(for: name) != nil else { continue }
            float.outputs = [try float.quantize(try float.apply(name, [p, q]), qy.scale, Int(qy.zero), .i8)]
            let wanted = try outputs(float, [x, z])[0]
            let first = try outputs(try graph(op, [x, z], constants: []), [x, z])[0]
            // A sum that lies half-way between two steps may round either way.
            #expect(distance(first, wanted) <= 1, "\(name) \(a) \(b)")
            for target in targets {
                let y = try outputs(try graph(op, [x, z], constants: []), [x, z], target)[0]
                #expect(distance(y, first) == 0, "\(name) \(a) \(b), \(target.kernels.isa.name), \(target.workers)")
            }
        }
    }
}
