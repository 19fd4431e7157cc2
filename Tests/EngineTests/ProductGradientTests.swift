import Engine
import Testing

/// Conv, Gemm and MatMul with what passes fuse into them: clamps and residual sums.
@Suite struct ProductGradientTests {
    /// An operator with a clamp, and the same without its clamp and its residual.
    private struct Pair {
        let name: String
        let fused: any Op
        let plain: any Op
        let x: [Tensor]
        /// The last of `x` is added to the product.
        var hasResidual = false
    }

    private static func pairs() throws -> [Pair] {
        var pairs: [Pair] = []
        for name in ["Conv", "Gemm", "MatMul"] {
            let product = try #require(entry(for: name))
            for test in product.cases {
                let plain = try product.make(OpSpec(test.attributes, inputs: test.inputs))
                var types = test.inputs
                if let conv = plain as? Conv {
                    let fused = Conv(conv.window, groups: conv.groups, low: -0.5, high: 1)
                    pairs.append(Pair(name: "Conv, " + test.name, fused: fused, plain: conv, x: try noise(types)))
                    guard types.count == 3 else { continue }
                    let sum = Conv(conv.window, groups: conv.groups, low: 0, addsResidual: true)
                    let x = try noise(types + plain.infer(types))
                    pairs.append(
                        Pair(name: "Conv + r, " + test.name, fused: sum, plain: conv, x: x, hasResidual: true))
                } else if let gemm = plain as? Gemm {
                    let fused = Gemm(
                        alpha: gemm.alpha, beta: gemm.beta, transA: gemm.transA, transB: gemm.transB,
                        rowBias: gemm.rowBias, high: 0.5)
                    pairs.append(Pair(name: "Gemm, " + test.name, fused: fused, plain: gemm, x: try noise(types)))
                } else {
                    types.append(TensorType(.f32, [types[1].rank > 1 ? types[1].shape[types[1].rank - 1] : 1]))
                    let fused = MatMul(low: 0, high: 1.5)
                    pairs.append(Pair(name: "MatMul, " + test.name, fused: fused, plain: plain, x: try noise(types)))
                }
            }
        }
        return pairs
    }

    private static func noise(_ types: [TensorType]) throws -> [Tensor] {
        var noise = IntegerNoise(9)
        return try types.map { try noise.floats($0.shape, -1, 1) }
    }

    /// To the bit: the gradients of the plain operator from dy, with zeros where the clamp held y, and that dy itself.
    @Test func gradientsPassWhereAClampLetValuesPass() throws {
        let pools = try [1, 3].map { try ThreadPool($0) }
        for pair in try Self.pairs() {
            let trial = try #require(try GradientTrial(pair.name, pair.fused, pair.x))
            let y = try Slopes(trial).outputs()
            let (low, high) = Self.range(pair.fused)
            let values = y[0].withUnsafeBytes { raw in Array(raw.bindMemory(to: Float.self)) }
            let dy = zip(values, try #require(trial.dy[0]).floats).map { $0 > low && $0 < high ? $1 : 0 }
            var plain = try #require(
                try GradientTrial(pair.name, pair.plain, pair.hasResidual ? Array(pair.x.dropLast()) : pair.x))
            plain.dy = [try Tensor(dy, shape: trial.y[0].shape)]
            let before = pair.x.map { [Float](repeating: 0.25, count: $0.count) }
            var problems: [String] = []
            for kernels in Kernels.available {
                for (pool, adds) in [(pools[0], false), (pools[1], false), (pools[0], true), (pools[1], true)] {
                    for shares in [false, true] {
                        let target = Target(kernels: kernels, workers: pool.count)
                        var setting = GradientRig.Setting(
                            wants: pair.x.map { _ in true }, adds: adds, shares: shares, target: target)
                        let dx = GradientRig(trial, y: y, before: before, setting).gradients(pool, &problems)
                        setting.wants = plain.x.map { _ in true }
                        var wanted = GradientRig(plain, y: y, before: before, setting).gradients(pool, &problems)
                        if pair.hasResidual { wanted.append(dy.map { adds ? 0.25 + $0 : $0 }) }
                        if dx != wanted { problems.append("\(kernels.isa.name), \(pool.count) workers, adds: \(adds)") }
                    }
                }
            }
            #expect(problems.isEmpty, "\(pair.name): \(problems.prefix(4))")
        }
    }

    private static func range(_ op: any Op) -> (Float, Float) {
        if let conv = op as? Conv { return (conv.low, conv.high) }
        if let gemm = op as? Gemm { return (gemm.low, gemm.high) }
        return (0, 1.5)
    }
}
