import Engine
import Testing

@Suite struct MatrixTests {
    /// y[m, n] of Gemm in double precision.
    static func gemm(_ t: [Tensor], _ attributes: Attributes) throws -> [Float] {
        let (transA, transB) = (try attributes.int("transA", 0) == 1, try attributes.int("transB", 0) == 1)
        let (alpha, beta) = (Double(try attributes.float("alpha", 1)), Double(try attributes.float("beta", 1)))
        let (a, b, c) = (t[0].floats, t[1].floats, t.count > 2 ? t[2].floats : [0])
        let (m, k) = (t[0].shape[transA ? 1 : 0], t[0].shape[transA ? 0 : 1])
        let n = t[1].shape[transB ? 0 : 1]
        let shape = t.count > 2 ? [1, 1] + t[2].shape : [1, 1]
        let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
        var y: [Float] = []
        for i in 0..<m {
            for j in 0..<n {
                var sum = 0.0
                for p in 0..<k {
                    sum += Double(a[transA ? p * m + i : i * k + p]) * Double(b[transB ? j * k + p : p * n + j])
                }
                let added = Double(c[(rows == 1 ? 0 : i) * columns + (columns == 1 ? 0 : j)])
                y.append(Float(alpha * sum + beta * added))
            }
        }
        return y
    }

    /// MatMul in double precision, by counting through the axes of y.
    static func matMul(_ t: [Tensor]) -> [Float] {
        func lift(_ s: [Int], _ rank: Int) -> [Int] { [Int](repeating: 1, count: rank - s.count) + s }
        let rank = max(t[0].shape.count, t[1].shape.count, 2)
        let a = lift(t[0].shape, rank)
        let b = t[1].shape.count == 1 ? lift(t[1].shape + [1], max(rank, 2)) : lift(t[1].shape, rank)
        let outer = (0..<rank - 2).map { max(a[$0], b[$0]) }
        let (m, k, n) = (a[rank - 2], a[rank - 1], b[rank - 1])
        let (x, w) = (t[0].floats, t[1].floats)
        var y: [Float] = []
        for i in 0..<outer.reduce(1, *) {
            var (rest, p, q, stepP, stepQ) = (i, 0, 0, m * k, k * n)
            for axis in (0..<rank - 2).reversed() {
                let at = rest % outer[axis]
                rest /= outer[axis]
                if a[axis] > 1 { p += at * stepP }
                if b[axis] > 1 { q += at * stepQ }
                (stepP, stepQ) = (stepP * a[axis], stepQ * b[axis])
            }
            for r in 0..<m {
                for c in 0..<n {
                    var sum = 0.0
                    for i in 0..<k { sum += Double(x[p + r * k + i]) * Double(w[q + i * n + c]) }
                    y.append(Float(sum))
                }
            }
        }
        return y
    }

    static func check(_ name: String, _ reference: (OpCase, [Tensor]) throws -> [Float]) throws {
        let operation = try #require(entry(for: name))
        for item in operation.cases {
            var x = try ConvTests.noise(item.inputs)
            for (i, values) in item.constants { x[i] = try Tensor(values, shape: item.inputs[i].shape) }
            let op = try operation.make(OpSpec(item.attributes, inputs: item.inputs))
            let wanted = try reference(item, x)
            for kernels in Kernels.available {
                let y = try ConvTests.run(op, x, constants: Set(1..<x.count), kernels: kernels)
                let error = ConvTests.worst(y, wanted)
                #expect(error < 2e-5, "\(name) \(item.name), \(kernels.isa.name): off by \(error)")
                let z = try ConvTests.run(op, x, constants: [], kernels: kernels, workers: 2)
                #expect(y == z, "\(name) \(item.name), \(kernels.isa.name): computed weights or 2 workers differ")
            }
        }
    }

    @Test func gemmEqualsItsFormula() throws { try Self.check("Gemm") { try Self.gemm($1, $0.attributes) } }

    @Test func matMulEqualsItsFormula() throws { try Self.check("MatMul") { Self.matMul($1) } }

    @Test func batchNormalizationEqualsItsFormula() throws {
        try Self.check("BatchNormalization") { item, t in
            let (x, scale, bias) = (t[0].floats, t[1].floats, t[2].floats)
            let (mean, variance, epsilon) = (t[3].floats, t[4].floats, try item.attributes.float("epsilon", 1e-5))
            return x.indices.map { i in
                let c = i % scale.count
                return (x[i] - mean[c]) / (variance[c] + epsilon).squareRoot() * scale[c] + bias[c]
            }
        }
    }

    @Test func unfitMatricesAreRefused() throws {
        let cases: [(String, [[Int]])] = [
            ("MatMul", [[2, 3], [2, 3]]), ("MatMul", [[2, 3, 4], [3, 4, 5]]), ("MatMul", [[], [3]]),
            ("Gemm", [[2, 3], [2, 3]]), ("Gemm", [[2, 3], [3, 4], [3]]), ("Gemm", [[1, 2, 3], [3, 4]]),
            ("Gemm", [[2, 3], [3, 4], [3, 4]]), ("BatchNormalization", [[2, 3], [3], [3], [3], [2]]),
        ]
        for (name, shapes) in cases {
            let types = shapes.map { TensorType(.f32, $0) }
            #expect(throws: KingletError.self, "\(name) \(shapes)") {
                _ = try #require(entry(for: name)).make(OpSpec(inputs: types)).infer(types)
            }
        }
    }
}
