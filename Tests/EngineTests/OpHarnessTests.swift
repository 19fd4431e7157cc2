import CAllocations
import Engine
import Testing

/// Every operator × its cases × every instruction set of this processor.
@Suite struct OpHarnessTests {
    private static let names = registry.map { $0.names[0] }

    @Test(arguments: names) func sameResultsOnEveryTargetAndNothingElseTouched(_ name: String) throws {
        let entry = try #require(registry.first { $0.names[0] == name })
        let pools = try [1, 2, 3].map { n throws(KingletError) in try ThreadPool(n) }
        for test in entry.cases {
            let trial = try Trial(entry, test)
            var (problems, baseline): ([String], [[UInt8]]?) = ([], nil)
            for kernels in Kernels.available {
                var single: [[UInt8]]?
                for pool in pools {
                    var found: [String] = []
                    let target = Target(kernels: kernels, workers: pool.count)
                    // Under two fillings of unwritten memory: what depends on it, or is left unwritten, differs.
                    let y = Rig(trial, target, fill: 0xA5).outputs(pool, &found)
                    if Rig(trial, target, fill: 0xFF).outputs(pool, &found) != y {
                        found.append("leaves outputs unwritten or reads undefined memory")
                    }
                    if y != single ?? y { found.append("differs from one worker's result") }
                    single = single ?? y
                    problems += found.map { "\(kernels.isa.name), \(pool.count) workers: \($0)" }
                }
                if let a = baseline, let b = single, let distance = difference(trial.y, a, b), distance > 1e-5 {
                    problems.append("\(kernels.isa.name) differs from baseline by \(distance)")
                }
                baseline = baseline ?? single
            }
            #expect(problems.isEmpty, "\(trial.name): \(problems)")
        }
    }

    @Test(arguments: names) func aSessionRunsItTwiceAndAllocatesNothing(_ name: String) throws {
        let entry = try #require(registry.first { $0.names[0] == name })
        let pool = try ThreadPool(1)
        for test in entry.cases {
            let trial = try Trial(entry, test)
            var problems: [String] = []
            let wanted = Rig(trial, Target(), fill: 0).outputs(pool, &problems)
            // Weights known at load, and the same ones as inputs of the graph.
            for constants in [trial.weights, []] {
                let session = try Session(try Plan(trial.graph(constants: constants)), threads: pool)
                let inputs = trial.x.indices.filter { !constants.contains($0) }
                for run in 1...2 {
                    for (view, i) in zip(session.inputs, inputs) {
                        view.base.copyMemory(from: trial.x[i].base, byteCount: view.type.bytes)
                    }
                    let before = ka_allocations()
                    session.run()
                    let count = ka_allocations() - before
                    if count > 0 && !allocates { problems.append("run \(run) allocated \(count) times") }
                    let y = session.outputs.map { Array(UnsafeRawBufferPointer(start: $0.base, count: $0.type.bytes)) }
                    if y != wanted {
                        problems.append("run \(run), \(constants.count) weights: not what the operator computes")
                    }
                }
            }
            #expect(problems.isEmpty, "\(trial.name): \(problems)")
        }
    }

    @Test func everyOperatorHasCasesAndItsOwnName() {
        for entry in registry { #expect(!entry.cases.isEmpty, "\(entry.names)") }
        let all = registry.flatMap { $0.names }
        #expect(Set(all).count == all.count)
    }

    @Test func allocationsAreCounted() {
        let before = ka_allocations()
        let list = [Int](repeating: 1, count: Int.random(in: 100...200))
        #expect(ka_allocations() > before, "\(list.count)")
    }

    /// The largest difference, over the largest magnitude where that exceeds 1; nil for integers that are equal.
    private func difference(_ types: [TensorType], _ a: [[UInt8]], _ b: [[UInt8]]) -> Float? {
        var worst: Float?
        for (k, type) in types.enumerated() where a[k] != b[k] {
            guard type.dtype == .f32 else { return .infinity }
            let (p, q) = (floats(a[k]), floats(b[k]))
            let scale = p.reduce(Float(1)) { $1.isFinite ? max($0, abs($1)) : $0 }
            for (v, w) in zip(p, q) where v != w && !(v.isNaN && w.isNaN) {
                worst = max(worst ?? 0, abs(v - w).isNaN ? .infinity : abs(v - w) / scale)
            }
        }
        return worst
    }

    private func floats(_ bytes: [UInt8]) -> [Float] {
        bytes.withUnsafeBytes { raw in (0..<bytes.count / 4).map { raw.load(fromByteOffset: $0 * 4, as: Float.self) } }
    }
}
