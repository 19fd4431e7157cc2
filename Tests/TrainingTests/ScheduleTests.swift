import Engine
import FoundationEssentials
import Testing
import Training

/// Rates of the published schedules against those of the reference implementation (vectors/accelat_vectors.json).
@Suite struct ScheduleTests {
    struct Vectors: Decodable {
        struct Accuracies: Decodable {
            struct Settings: Decodable {
                let initial_lr, factor, min_lr: Double
                let window, quiet: Int
                let threshold: Double
            }
            let id: String
            let params: Settings
            let val_accuracy, lr_used: [Double]
            let lr_next: Double
        }
        struct Curve: Decodable {
            struct Settings: Decodable {
                let in_lr, pa_lr, fi_lr, pw, tot_ep: Double
                let ft_ep, sd_ep: Double?
                let cy_lr: Bool
            }
            let id, schedule: String
            let params: Settings
            let lr_used_f32: [Double]
        }
        let accelat: [Accuracies]
        let schedules: [Curve]
    }

    /// nil, loudly, where the shared data is missing.
    static func vectors() throws -> Vectors? {
        let path = sharedData + "/vectors/accelat_vectors.json"
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            print("SKIPPED: no \(path); set KINGLET_DATA")
            return nil
        }
        return try JSONDecoder().decode(Vectors.self, from: data)
    }

    @Test func accelatGivesThePublishedRatesToTheBit() throws {
        guard let records = try Self.vectors()?.accelat else { return }
        #expect(records.count == 182)
        for record in records {
            let p = record.params
            let made = try schedule(
                "accelat",
                [
                    ("rate", p.initial_lr), ("factor", p.factor), ("min-rate", p.min_lr), ("window", Double(p.window)),
                    ("quiet", Double(p.quiet)), ("threshold", p.threshold),
                ])
            var rates: [Double] = []
            for (epoch, accuracy) in record.val_accuracy.enumerated() {
                rates.append(Double(made.rate(at: Double(epoch))))
                made.observe(EpochReport(progress: Double(epoch + 1), accuracy: accuracy))
            }
            rates.append(Double(made.rate(at: Double(rates.count))))
            #expect(rates == record.lr_used + [record.lr_next], "\(record.id)")
        }
    }

    @Test func theFiveOthersGiveThePublishedRatesToTheBit() throws {
        guard let records = try Self.vectors()?.schedules else { return }
        #expect(records.count == 55)
        let names = [
            "constant": "constant", "piecewise": "piecewise", "linear_decay": "linear", "exponential": "exponential",
            "one_cycle": "onecycle",
        ]
        for record in records {
            let p = record.params
            let name = try #require(names[record.schedule])
            let all: [(String, Double?)] = [
                ("rate", p.in_lr), ("mid-rate", p.pa_lr), ("end-rate", p.fi_lr), ("first", p.ft_ep),
                ("second", p.sd_ep), ("power", p.pw), ("cycles", p.cy_lr ? 1 : 0), ("epochs", p.tot_ep),
            ]
            let known = try #require(schedules.first { $0.name == name }).parameters.map { $0.name }
            let made = try schedule(
                name, all.compactMap { key, value in known.contains(key) ? value.map { (key, $0) } : nil })
            let rates = record.lr_used_f32.indices.map { Double(made.rate(at: Double($0))) }
            #expect(rates == record.lr_used_f32, "\(record.id) \(name)")
        }
    }

    @Test func everyScheduleGoesOnFromItsSavedStateInTheSameBits() throws {
        for entry in schedules {
            let whole = try schedule(entry.name, [("epochs", 8)])
            var random = Random(seed: 7)
            for step in 1...32 {
                let progress = Double(step) / 4
                let again = try schedule(entry.name, [("epochs", 8)])
                try again.restore(whole.state)
                let accuracy = Double(random.uniform(0.1, 0.5))
                for each in [whole, again] {
                    each.observe(EpochReport(progress: progress, accuracy: accuracy, loss: 2 - accuracy))
                    if step % 9 == 5 { each.recover(at: progress) }
                }
                let same = (0..<8).allSatisfy {
                    whole.rate(at: progress + Double($0)) == again.rate(at: progress + Double($0))
                }
                #expect(same && whole.state == again.state, "\(entry.name) after \(progress) epochs")
                #expect(whole.end(at: progress) == again.end(at: progress), "\(entry.name)")
            }
            for bad in [[], [1, 2], [Double](repeating: -0.5, count: 40)] {
                #expect(throws: KingletError.self, "\(entry.name) \(bad.count)") {
                    try schedule(entry.name).restore(bad)
                }
            }
        }
    }

    @Test func recoveryLowersTheRateOfEverySchedule() throws {
        for entry in schedules {
            let made = try schedule(entry.name, [("rate", 0.5), ("epochs", 10)])
            let before = made.rate(at: 3)
            made.recover(at: 1)
            #expect(made.rate(at: 3) == before / 2, "\(entry.name)")
        }
    }

    @Test func cosineWarmsUpAndEndsAtItsEndRate() throws {
        let made = try schedule("cosine", [("rate", 0.5), ("epochs", 5), ("warmup", 1), ("end-rate", 0.125)])
        let rates = [0, 0.5, 1, 3, 5, 7].map { made.rate(at: $0) }
        #expect(rates == [0, 0.25, 0.5, 0.3125, 0.125, 0.125])
        #expect(!made.isFinished(at: 4.999) && made.isFinished(at: 5))
    }

    @Test func epsilonGrowsOverItsRamp() throws {
        let made = try schedule("constant", [("epsilon-ramp", 2)])
        #expect([0, 0.5, 2, 9].map { made.epsilonShare(at: $0) } == [0, 0.25, 1, 1])
        #expect(try schedule("constant").epsilonShare(at: 0) == 1)
    }

    @Test func wrongSettingsAreUsageErrors() throws {
        let wrong: [(String, [(String, Double)])] = [
            ("nothing", []), ("constant", [("factor", 1)]), ("constant", [("rate", 0)]), ("constant", [("rate", -1)]),
            ("constant", [("rate", .nan)]), ("constant", [("rate", .infinity)]), ("accelat", [("window", 0)]),
            ("accelat", [("window", 2.5)]), ("accelat", [("quiet", -1)]), ("accelat", [("rate", 1), ("rate", 2)]),
            ("linear", [("cycles", 2)]), ("onecycle", [("first", 3), ("second", 2)]), ("onecycle", [("epochs", 0)]),
            ("onecycle", [("epochs", 3), ("second", 3)]), ("cosine", [("epochs", 3), ("warmup", 3)]),
        ]
        for (name, settings) in wrong {
            let error = #expect(throws: KingletError.self, "\(name) \(settings)") { try schedule(name, settings) }
            #expect(error?.kind == .usage, "\(name) \(settings)")
        }
    }
}
