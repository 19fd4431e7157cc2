import CSystem
import Engine
import Testing

/// The vector functions against the C library in double precision, in units in the last place of a float.
@Suite struct VectorMathTests {
    private static func worst(_ kind: Unary.Kind, _ x: [Float], _ f: (Double) -> Double) throws -> (Double, Float) {
        let y = try outputs(graph(Unary(kind), [try Tensor(x, shape: [x.count])]), [try Tensor(x, shape: [x.count])])
        var worst = (0.0, Float(0))
        for (x, y) in zip(x, y[0].floats) {
            let wanted = f(Double(x))
            let ulps = abs(Double(y) - wanted) / Double(max(Float(wanted).magnitude, .leastNormalMagnitude).ulp)
            if ulps > worst.0 || ulps.isNaN { worst = (ulps, x) }
        }
        return worst
    }

    /// `count` values evenly from `low` to `high`.
    private static func line(_ low: Float, _ high: Float, _ count: Int = 20_000) -> [Float] {
        (0...count).map { low + (high - low) * Float($0) / Float(count) }
    }

    @Test func expIsWithinTwoUnits() throws {
        let (ulps, x) = try Self.worst(.exp, Self.line(-87.3, 88.7) + Self.line(-1, 1), ks_exp)
        #expect(ulps <= 2, "e^\(x)")
    }

    @Test func sigmoidIsWithinFourUnits() throws {
        let (ulps, x) = try Self.worst(.sigmoid, Self.line(-87, 90) + Self.line(-2, 2)) { 1 / (1 + ks_exp(-$0)) }
        #expect(ulps <= 4, "sigmoid \(x)")
    }

    @Test func tanhIsWithinFiveUnits() throws {
        let (ulps, x) = try Self.worst(.tanh, Self.line(-12, 12) + Self.line(-0.1, 0.1)) { x in
            abs(x) < 1e-2 ? x - x * x * x / 3 + 2 * x * x * x * x * x / 15 : 1 - 2 / (ks_exp(2 * x) + 1)
        }
        #expect(ulps <= 5, "tanh \(x)")
    }

    @Test func endsOfTheRangeAreRight() throws {
        let x: [Float] = [-.infinity, .infinity, -1000, 1000, 0, -0.0, .nan, -100, 88.8]
        func apply(_ op: any Op) throws -> [Float] {
            let tensor = try Tensor(x, shape: [x.count])
            return try outputs(graph(op, [tensor]), [tensor])[0].floats
        }
        let exp = try apply(Unary(.exp))
        #expect(
            exp[0] == 0 && exp[1] == .infinity && exp[2] == 0 && exp[3] == .infinity && exp[4] == 1
                && exp[8] == .infinity)
        #expect(exp[7] > 0 && exp[7] < .leastNormalMagnitude, "e^-100 is subnormal")
        let sigmoid = try apply(Unary(.sigmoid))
        #expect(sigmoid[0] == 0 && sigmoid[1] == 1 && sigmoid[2] == 0 && sigmoid[3] == 1 && sigmoid[4] == 0.5)
        let tanh = try apply(Unary(.tanh))
        #expect(abs(tanh[0] + 1) < 1e-6 && abs(tanh[1] - 1) < 1e-6 && tanh[4] == 0)
        for kind: Unary.Kind in [.exp, .sigmoid, .tanh, .hardSwish, .leakyRelu] {
            #expect(try apply(Unary(kind))[6].isNaN, "NaN stays")
        }
        #expect(try apply(Relu())[6].isNaN && apply(Clip(low: 0, high: 6))[6].isNaN, "NaN stays")
    }
}
