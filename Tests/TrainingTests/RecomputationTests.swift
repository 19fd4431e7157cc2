import Engine
import Testing
import Training

/// Values that are forgotten and computed again.
extension TrainingSessionTests {
    @Test func whatIsComputedAgainGivesTheSameBits() throws {
        let pools = try [1, 3].map { try ThreadPool($0) }
        var random = Random(seed: 6)
        var (smaller, again) = (0, 0)
        for round in 0..<100 {
            let graph = try Self.graph(&random, 2 + random.below(30))
            let x = try Self.tensor(&random, graph.values[graph.inputs[0]].type.shape)
            let dlogits = try Self.tensor(&random, [4, 6])
            for pool in pools {
                var options = TrainingPlan.Options(trained: [1, 2], slots: 1, programs: Program.allCases)
                let target = Target(workers: pool.count)
                let whole = try TrainingPlan(graph, options, target: target)
                options.arenaLimit = round % 2 == 0 ? 0 : whole.arenaBytes - whole.transientBytes / 4
                let limited = try TrainingPlan(graph, options, target: target)
                #expect(limited.arenaBytes <= whole.arenaBytes)
                smaller += limited.arenaBytes < whole.arenaBytes ? 1 : 0
                again += Program.allCases.reduce(0) { $0 + (limited.again($1)?.count ?? 0) }
                let bits = try [whole, limited].map { try Self.bits($0, pool, x, dlogits) }
                #expect(bits[0] == bits[1], "graph \(round), \(pool.count) workers")
            }
        }
        #expect(smaller > 50 && again > 50, "\(smaller) arenas are smaller, \(again) operators run again")
    }

    /// Logits, input gradients and gradients of the weights of every program, twice.
    private static func bits(
        _ plan: TrainingPlan, _ pool: ThreadPool, _ x: Tensor, _ dlogits: Tensor
    ) throws -> [[UInt32]] {
        let session = try TrainingSession(plan, threads: pool)
        var list: [[UInt32]] = []
        func keep(_ from: UnsafePointer<Float>, _ count: Int) { list.append((0..<count).map { from[$0].bitPattern }) }
        for program in Program.allCases + Program.allCases {
            session.input.base.copyMemory(from: x.base, byteCount: x.type.bytes)
            session.forward(program)
            keep(session.logits.f32, 24)
            if program == .forward { continue }
            session.dlogits.update(from: dlogits.base.assumingMemoryBound(to: Float.self), count: 24)
            session.backward(program)
            if program != .weights, let dx = session.inputGradient { keep(dx, x.count) }
        }
        session.finish()
        for p in session.parameters { keep(try #require(p.gradient).f32, p.weights.count) }
        return withExtendedLifetime((x, dlogits)) { list }
    }
}
