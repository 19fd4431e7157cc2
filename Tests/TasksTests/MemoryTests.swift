import CSystem
import Engine
import ONNX
import Tasks
import Testing
import Training

/// What fine-tuning does to keep to a limit of memory. The limit is that of the process, in which other tests run too.
extension FineTuneTests {
    /// Logits and all gradients of one step, and the statistics of the batch.
    private static func bits(_ plan: TrainingPlan, _ pool: ThreadPool) throws -> [[UInt32]] {
        let session = try TrainingSession(plan, threads: pool)
        var random = Random(seed: 9)
        var list: [[UInt32]] = []
        func keep(_ view: TensorView) { list.append((0..<view.count).map { view.f32[$0].bitPattern }) }
        for program in plan.options.programs where program != .forward {
            for i in 0..<session.input.count { session.input.f32[i] = random.uniform(-1, 1) }
            session.forward(program)
            keep(session.logits)
            for i in 0..<session.logits.count { session.dlogits[i] = random.uniform(-1, 1) }
            session.backward(program)
            if let dx = session.inputGradient { list.append((0..<session.input.count).map { dx[$0].bitPattern }) }
        }
        session.finish()
        for p in session.parameters { if let gradient = p.gradient { keep(gradient) } }
        for view in session.observed { keep(view) }
        return list
    }

    @Test func networksInSmallerArenasGiveTheSameBits() throws {
        var models = [("built-in", try readModel(nil), 2)]
        for (name, batch) in [("resnet8_cifar10_nchw_bn", 3), ("resnet8_cifar10_nchw_int8_qdq", 2)] {
            let file =
                (ks_environment("KINGLET_DATA").map { String(cString: $0) } ?? "../shared") + "/models/\(name).onnx"
            if file.withCString({ ks_kind($0) }) > 0 {
                models.append((name, try readModel(file), batch))
            } else {
                print("SKIPPED: no \(file); set KINGLET_DATA")
            }
        }
        for (name, model, batch) in models {
            for (statistics, threads) in [(false, 1), (true, 2)] {
                var o = Trainee.Options()
                (o.part, o.slots, o.batch, o.threads) = (.all, 1, batch, threads)
                (o.batchStatistics, o.programs) = (statistics, Program.allCases)
                let whole = try Trainee(model, name: name, ImageSettings(), o).plan
                var options = whole.options
                options.arenaLimit = 0
                let least = try TrainingPlan(whole.graph, options, target: whole.target)
                let pool = try ThreadPool(threads)
                #expect(try Self.bits(whole, pool) == Self.bits(least, pool), "\(name), statistics \(statistics)")
                #expect(least.arenaBytes < whole.arenaBytes, "\(name), statistics \(statistics)")
                #expect(least.again(.weights)?.count ?? 0 > 0 && whole.again(.weights)?.count == 0)
            }
        }
    }

    @Test func aLimitIsKeptByComputingAgainAndTheModelStaysTheSameToTheBit() throws {
        var o = try FineTuning.options("whole.onnx")
        (o.model, o.batch, o.epochs, o.batchStatistics) = (nil, 32, 0.5, true)
        let whole = try FineTuneRun(o)
        #expect(!whole.plan.rows.contains { $0.key == "again" })
        while try whole.next() != nil {}
        let first = try whole.end()
        o.output = FineTuning.folder + "/limited.onnx"
        var limited: FineTuneRun?
        // While other tests take memory, less than that is left for this one, and smaller micro-batches are chosen.
        for attempt in 0..<200 where limited == nil {
            if attempt > 0 { ks_sleep_ms(50) }
            (o.dryRun, o.memory) = (true, nil)
            o.memory = try FineTuneRun(o).plan.peakBytes - (1 << 20)
            o.dryRun = false
            let run = try? FineTuneRun(o)
            if let run, run.recipe == whole.recipe, run.plan.rows.contains(where: { $0.key == "again" }) {
                limited = run
            }
        }
        let run = try #require(limited)
        #expect(run.plan.peakBytes <= o.memory ?? 0)
        while try run.next() != nil {}
        let second = try run.end()
        let weights = try [first, second].map { try readModel($0.path).initializers.map { $0.tensor.floats } }
        let same = weights[0] == weights[1]
        #expect(same)
    }

    @Test func theSmallestLimitThatIsNamedIsKept() throws {
        for statistics in [false, true] {
            var o = try FineTuning.options("smallest.onnx")
            (o.batch, o.batchStatistics, o.dryRun) = (64, statistics, true)
            var named: [Int] = []
            var isKept = false
            for attempt in 0..<200 where !isKept {
                if attempt > 0 { ks_sleep_ms(50) }
                o.memory = 1 << 20
                let error = #expect(throws: KingletError.self) { _ = try FineTuneRun(o) }
                let words = error?.message.split(separator: " ") ?? []
                let place = try #require(words.firstIndex { $0.hasPrefix("--memory") })
                named.append(try #require(Int(words[place + 1].prefix { $0.isNumber })))
                o.memory = named[named.count - 1] << 20
                isKept = (try? FineTuneRun(o))?.plan.peakBytes ?? .max <= o.memory ?? 0
            }
            #expect(isKept, "statistics \(statistics): \(named) MB")
        }
    }
}
