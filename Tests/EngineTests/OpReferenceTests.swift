import Engine
import Testing

/// Every operator's cases against its definition in double precision.
@Suite struct OpReferenceTests {
    private static let formulas: [String: OpReference.Formula] = [
        "Relu": OpReference.unary { x, _, _ in max(x, 0) },
        "LeakyRelu": OpReference.unary({ x, a, _ in x < 0 ? a * x : x }, alpha: 0.01),
        "Elu": OpReference.unary({ x, a, _ in x < 0 ? a * (Math.exp(x) - 1) : x }, alpha: 1),
        "HardSigmoid": OpReference.unary({ x, a, b in min(max(a * x + b, 0), 1) }, alpha: 0.2, beta: 0.5),
        "HardSwish": OpReference.unary { x, _, _ in x * min(max(x / 6 + 0.5, 0), 1) },
        "Sigmoid": OpReference.unary { x, _, _ in 1 / (1 + Math.exp(-x)) },
        "Tanh": OpReference.unary { x, _, _ in Math.tanh(x) },
        "Exp": OpReference.unary { x, _, _ in Math.exp(x) },
        "Sqrt": OpReference.unary { x, _, _ in x.squareRoot() },
        "Neg": OpReference.unary { x, _, _ in -x },
        "Abs": OpReference.unary { x, _, _ in abs(x) },
        "Add": OpReference.many { $0 + $1 }, "Sum": OpReference.many { $0 + $1 }, "Sub": OpReference.many { $0 - $1 },
        "Mul": OpReference.many { $0 * $1 }, "Min": OpReference.many { min($0, $1) },
        "Max": OpReference.many { max($0, $1) },
        "Pow": OpReference.many { Math.pow($0, $1) }, "PRelu": OpReference.many { $0 < 0 ? $0 * $1 : $0 },
        "Softmax": OpReference.softmax(log: false), "LogSoftmax": OpReference.softmax(log: true),
        "MaxPool": OpReference.pool(max: true), "AveragePool": OpReference.pool(max: false),
        "GlobalAveragePool": OpReference.global(0, mean: true) { $0 + $1 },
        "GlobalMaxPool": OpReference.global(-.infinity, mean: false) { max($0, $1) },
        "ReduceMean": OpReference.reduce(0, mean: true) { $0 + $1 }, "ReduceSum": OpReference.reduce(0) { $0 + $1 },
        "ReduceProd": OpReference.reduce(1) { $0 * $1 }, "ReduceMax": OpReference.reduce(-.infinity) { max($0, $1) },
        "ReduceMin": OpReference.reduce(.infinity) { min($0, $1) },
        "Transpose": OpReference.transpose, "Slice": OpReference.slice, "Pad": OpReference.pad,
        "Gather": OpReference.gather,
        "Concat": OpReference.concat, "Split": OpReference.split, "Expand": OpReference.expand,
        "Reshape": OpReference.same, "Flatten": OpReference.same, "Squeeze": OpReference.same,
        "Unsqueeze": OpReference.same, "Identity": OpReference.same, "Dropout": OpReference.same,
    ]

    @Test(arguments: formulas.keys.sorted()) func computesItsDefinition(_ name: String) throws {
        let entry = try #require(registry.first { $0.names.contains(name) })
        let formula = try #require(Self.formulas[name])
        for test in entry.cases {
            let trial = try Trial(entry, test)
            let wanted = try formula(trial)
            let got = try outputs(trial.graph(constants: []), trial.x)
            for (k, y) in got.enumerated() {
                #expect(y.shape == wanted[k].shape, "\(trial.name)")
                let worst = zip(NdArray(y).values, wanted[k].values).map { distance($0, $1, y.type.dtype) }.max() ?? 0
                #expect(worst <= 1, "\(trial.name), output \(k): \(worst) times the tolerance")
            }
        }
    }

    /// In units of what is allowed: 1e-5 relative and 1e-6 absolute for floats, nothing for integers.
    private func distance(_ a: Double, _ b: Double, _ dtype: DType) -> Double {
        if a == b || (a.isNaN && b.isNaN) { return 0 }
        if dtype != .f32 || a.isNaN || b.isNaN { return .infinity }
        return abs(a - b) / (1e-6 + 1e-5 * abs(b))
    }
}
