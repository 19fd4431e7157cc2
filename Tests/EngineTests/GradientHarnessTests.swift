import CAllocations
import Engine
import Testing

/// Every operator that has a gradient × its cases: the gradient is the slope, however it is asked for.
@Suite struct GradientHarnessTests {
    private static let names = registry.filter { entry in
        entry.cases.contains { ((try? GradientTrial(entry, $0)) ?? nil) != nil }
    }.map { $0.names[0] }

    @Test(arguments: names) func theGradientIsTheSlopeHoweverItIsAskedFor(_ name: String) throws {
        let entry = try #require(registry.first { $0.names[0] == name })
        for trial in try entry.cases.compactMap({ try GradientTrial(entry, $0) }) { try check(trial) }
    }

    @Test func gradientsOfOperatorsThatPassesMakeAreSlopes() throws {
        for trial in try GradientTrial.made() { try check(trial) }
    }

    @Test func gradientsPassStraightThroughQuantizationInsideItsRange() throws {
        var noise = IntegerNoise(8)
        let x = try noise.floats([3, 5, 9], -3, 3)
        for (axis, dtype) in [(nil, DType.i8), (nil, .u8), (0, .i8), (2, .u8)] as [(Int?, DType)] {
            let count = axis.map { x.shape[$0] } ?? 1
            let scales = (0..<count).map { 0.01 + 0.002 * Float($0) }
            let zeros = (0..<count).map { dtype == .u8 ? Int32(100 + $0) : Int32($0 - 3) }
            let scale = ScaleAxis(scales: scales, zeros: zeros, dtype: dtype, axis: axis)
            let name = "\(dtype.name) along \(axis.map { String($0) } ?? "nothing")"
            let fake = try GradientTrial(straight: "FakeQuantize \(name)", FakeQuantize(scale), x)
            let down = try GradientTrial(straight: "QuantizeLinear \(name)", QuantizeLinear(scale), x)
            let q = try outputs(try graph(down.op, [x]), [x])[0]
            let up = try GradientTrial(straight: "DequantizeLinear \(name)", DequantizeLinear(scale), q)
            let wanted = try Self.straight(x, scale, fake)
            try check(fake, dx: wanted.map { $0.1 })
            try check(down, dx: wanted.map { $0.1 / $0.0 })
            try check(up, dx: zip(wanted, fake.dy[0]?.floats ?? []).map { $0.0 * $1 })
            let y = try outputs(try graph(fake.op, [x]), [x])[0]
            #expect(y.floats == (try outputs(try graph(up.op, [q]), [q])[0]).floats, "\(name)")
        }
    }

    /// The scale of each element, and dy where it rounds to an integer in the range.
    private static func straight(_ x: Tensor, _ axis: ScaleAxis, _ trial: GradientTrial) throws -> [(Float, Float)] {
        let (dy, (inner, count)) = (trial.dy[0]?.floats ?? [], axis.runs(x.shape))
        let range = axis.dtype == .u8 ? 0...255 : -128...127
        return (0..<x.count).map { i in
            let c = i / inner % count
            let q = Int((x.float(i) / axis.scales[c]).rounded(.toNearestOrEven)) + Int(axis.zeros[c])
            return (axis.scales[c], range.contains(q) ? dy[i] : 0)
        }
    }

    /// Operators on floats through which no gradient passes, and why.
    private static let without: [String: String] = [
        "Constant": "has no input", "ConstantOfShape": "its input is a shape", "Shape": "its output is a shape",
        "DequantizeLinear": "straight through: not the slope", "QuantizeLinear": "straight through: not the slope",
    ]

    @Test func everyOtherOperatorHasAReasonToHaveNoGradient() {
        let others = registry.map { $0.names[0] }.filter { !Self.names.contains($0) }
        #expect(Set(others) == Set(Self.without.keys))
    }

    /// `dx`: the gradient of input 0, where it is not the slope.
    private func check(_ trial: GradientTrial, dx given: [Float]? = nil) throws {
        let slopes = try Slopes(trial)
        let y = slopes.outputs()
        var noise = IntegerNoise(3)
        let before = trial.x.map { x in (0..<x.count).map { _ in noise.float(-1, 1) } }
        let all = trial.x.indices.map { trial.floats.contains($0) }
        let pools = try [1, 3].map { try ThreadPool($0) }
        var problems: [String] = []
        let base = GradientRig(trial, y: y, before: before, .init(wants: all)).gradients(pools[0], &problems)
        if let given {
            let worst = zip(base[0], given).reduce(Float(0)) { max($0, abs($1.0 - $1.1) / max(abs($1.1), 1)) }
            if !(worst <= 1e-6) { problems.append("off by \(worst)") }
        } else {
            problems += compare(trial, slopes, base, &noise)
        }
        let alone = trial.floats.map { i in trial.x.indices.map { $0 == i } }
        for kernels in Kernels.available {
            for wants in [all] + (alone.count > 1 ? alone : []) {
                for (adds, shares) in [(false, false), (true, false), (false, true)] {
                    var single: [[Float]]?
                    for pool in pools {
                        let target = Target(kernels: kernels, workers: pool.count)
                        let setting = GradientRig.Setting(wants: wants, adds: adds, shares: shares, target: target)
                        var found: [String] = []
                        let dx = GradientRig(trial, y: y, before: before, setting).gradients(pool, &found)
                        if bits(dx) != bits(single ?? dx) { found.append("differs from one worker's result") }
                        single = single ?? dx
                        for i in dx.indices where wants[i] {
                            let start = adds ? before[i] : [Float](repeating: 0, count: dx[i].count)
                            let worst = zip(zip(dx[i], start), base[i]).reduce(Float(0)) { worst, v in
                                let d = abs(v.0.0 - v.0.1 - v.1)
                                return d.isNaN || worst.isNaN ? .nan : max(worst, d)
                            }
                            let scale = base[i].reduce(Float(1)) { max($0, abs($1)) }
                            if !(worst <= 1e-5 * scale) { found.append("dx[\(i)] differs by \(worst)") }
                        }
                        let place = "\(kernels.isa.name), \(pool.count) workers, wants \(wants)"
                        problems += found.map { "\(place)\(adds ? ", adds" : "")\(shares ? ", shares" : ""): \($0)" }
                    }
                }
            }
        }
        #expect(problems.isEmpty, "\(trial.name): \(problems.prefix(5))")
    }

    /// Some elements of every gradient against differences of the forward run.
    private func compare(
        _ trial: GradientTrial, _ slopes: Slopes, _ dx: [[Float]], _ noise: inout IntegerNoise
    ) -> [String] {
        var (problems, picks, slopesFound): ([String], Int, Int) = ([], 0, 0)
        for i in trial.floats where trial.x[i].count > 0 {
            let count = trial.x[i].count
            let picked = count <= 150 ? Array(0..<count) : (0..<60).map { _ in noise.int(0...count - 1) }
            let found = picked.compactMap { j in slopes.slope(i, j).map { (j, $0) } }
            (picks, slopesFound) = (picks + picked.count, slopesFound + found.count)
            let scale = found.reduce(1.0) { max($0, abs($1.1)) }
            for (j, slope) in found where !(abs(Double(dx[i][j]) - slope) <= 3e-3 * scale) {
                problems.append("dx[\(i)][\(j)] is \(dx[i][j]), the slope \(slope)")
            }
        }
        if slopesFound * 2 < picks { problems.append("only \(slopesFound) of \(picks) slopes are defined") }
        return problems
    }

    private func bits(_ all: [[Float]]) -> [[UInt32]] { all.map { $0.map { $0.bitPattern } } }
}
