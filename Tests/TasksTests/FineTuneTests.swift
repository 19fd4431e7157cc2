import CSystem
import Engine
import ONNX
import Tasks
import Testing
import Training

@Suite(.serialized) struct FineTuneTests {
    @Test func everyModeLearnsAndTheModelKeepsWhatWasMeasured() throws {
        for attack in ["none", "nfgsm", "fgsm-rs", "pgd:2", "trades:3", "free:2", "static"] {
            var o = try FineTuning.options("mode.onnx")
            o.attack = attack
            if attack == "free:2" { o.epochs = 3 }
            let result = try FineTuning.run(o)
            #expect(
                result.gate.clean.after > result.gate.clean.before + 0.3 && result.gate.robust.after > 0.3,
                "\(attack): \(result.verdict)")
            let model = try Model(file: o.output)
            #expect(model.metadata["kinglet.recipe"]?.contains("attack: ") == true, "\(attack)")
            #expect(model.metadata["kinglet.robustness"]?.contains("pgd:3") == true, "\(attack)")
            #expect(o.checkpoints.files().isEmpty, "\(attack) leaves checkpoints")
        }
    }

    @Test func optimizersAveragesStatisticsAndIntegersLearn() throws {
        let changes: [(String, (inout FineTuneOptions) -> Void)] = [
            ("adamw", { o in (o.optimizer, o.rate) = ("adamw", 0.01) }), ("nesterov", { $0.optimizer = "nesterov" }),
            ("average", { $0.average = 0.8 }), ("from scratch", { $0.fromScratch = true }),
            ("cosine, smoothing", { o in (o.schedule, o.smoothing) = ("cosine", 0.1) }),
            ("int8", { o in (o.quantizationAware, o.rate) = (true, 0.005) }), ("head", { $0.part = "head" }),
            ("batchnorm", { $0.part = "batchnorm" }),
            ("accelat-brief", { o in (o.schedule, o.rate) = ("accelat-brief", nil) }),
        ]
        for (name, change) in changes {
            var o = try FineTuning.options("change.onnx")
            change(&o)
            let result = try FineTuning.run(o)
            #expect(result.gate.clean.after > result.gate.clean.before + 0.2, "\(name): \(result.verdict)")
        }
    }

    @Test func threeThreadsEndInTheSameBitsAsOne() throws {
        var files: [[UInt8]] = []
        for threads in [1, 3] {
            var o = try FineTuning.options("threads.onnx")
            o.threads = threads
            try FineTuning.run(o)
            files.append(try FineTuning.bytes(o.output))
        }
        #expect(files[0] == files[1], "three threads end in other bits than one")
    }

    @Test func aRunThatIsCutOffAndGoesOnEndsInTheSameBits() throws {
        for (name, change) in [
            ("sgd", { (o: inout FineTuneOptions) in o.average = 0.9 }), ("free", { $0.attack = "free:2" }),
            ("scratch", { $0.fromScratch = true }), ("int8", { $0.quantizationAware = true }),
        ] as [(String, (inout FineTuneOptions) -> Void)] {
            var o = try FineTuning.options("resume-\(name).onnx")
            change(&o)
            try FineTuning.run(o)
            let wanted = try FineTuning.bytes(o.output)
            o.resume = true
            // Ends after so many events, without a word.
            for events in [14, 30] {
                let run = try FineTuneRun(o)
                for _ in 0..<events { _ = try run.next() }
            }
            try FineTuning.run(o)
            #expect(try FineTuning.bytes(o.output) == wanted, "\(name)")
        }
    }

    @Test func otherClassesGetANewHeadAndTheirLabels() throws {
        var o = try FineTuning.options("head.onnx", classes: 3)
        o.epochs = 3
        let run = try FineTuneRun(o)
        #expect(run.notes.contains { $0.contains("new head") }, "\(run.notes)")
        while try run.next() != nil {}
        let result = try run.end()
        let model = try Model(file: o.output)
        #expect(model.outputs[0].shape == [.symbol("N"), .size(10)])
        #expect(model.metadata["kinglet.labels"]?.split(separator: "\n").count == 10)
        #expect(result.gate.clean.after > 0.5, "\(result.verdict)")
    }

    @Test func whatCannotBeIsRefusedInWords() throws {
        let cases: [(String, KingletError.Kind, String, (inout FineTuneOptions) throws -> Void)] = [
            ("epsilon 0", .usage, "epsilon", { $0.epsilon = "0" }),
            ("epsilon over 1", .usage, "epsilon", { $0.epsilon = "300/255" }),
            ("memory", .resource, "--memory", { $0.memory = 1 << 20 }),
            ("no such schedule", .usage, "schedule", { $0.schedule = "steps" }),
            ("no such data", .badFile, "cannot read", { $0.data = "/nowhere" }),
            ("judging attack", .usage, "are to judge", { $0.gate = "nfgsm" }),
            (
                "NaN weights", .badFile, "NaN",
                { o in
                    var model = try Model(file: try #require(o.model))
                    model.set("w", try Tensor([Float](repeating: .nan, count: 216), shape: [8, 3, 3, 3]))
                    o.model = FineTuning.folder + "/nan.onnx"
                    try model.write(to: FineTuning.folder + "/nan.onnx")
                }
            ),
        ]
        for (name, kind, words, change) in cases {
            var o = try FineTuning.options("refused.onnx")
            try change(&o)
            let error = #expect(throws: KingletError.self) { _ = try FineTuneRun(o) }
            #expect(
                error?.kind == kind && error?.description.contains(words) == true,
                "\(name): \(error?.description ?? "")")
        }
    }

    @Test func aMemoryLimitMakesMicroBatchesAndTheGateMayRefuse() throws {
        var o = try FineTuning.options("limit.onnx")
        (o.rate, o.epochs, o.force) = (1e-9, 0.5, false)
        var limited: FineTuneRun?
        // Other tests of this process take memory meanwhile.
        for attempt in 0..<200 where limited == nil {
            if attempt > 0 { ks_sleep_ms(50) }
            o.memory = Int(ks_peak_bytes()) + (3 << 20)
            limited = try? FineTuneRun(o)
        }
        let run = try #require(limited)
        #expect(run.plan.peakBytes <= o.memory ?? 0)
        while try run.next() != nil {}
        let result = try run.end()
        #expect(result.outcome == .refused && result.path.hasSuffix("limit.candidate.onnx"), "\(result.verdict)")
        #expect(o.output.withCString { ks_kind($0) } < 0, "a refused model was written to the output")
    }

    @Test func aPageOfFineTuningShowsPicturesBeforeAndAfter() throws {
        var options = try FineTuning.options("page.onnx")
        options.report = FineTuning.folder + "/page.html"
        options.epochs = 1
        let result = try FineTuning.run(options)
        #expect(result.report.examples.count == 8)
        for pair in stride(from: 0, to: 8, by: 2) {
            let (old, new) = (result.report.examples[pair], result.report.examples[pair + 1])
            #expect(old.original == new.original && old.label == new.label)
            #expect(old.answers[0].model.hasPrefix("before") && new.answers[0].model.hasPrefix("after"))
        }
        let page = String(decoding: try FineTuning.bytes(FineTuning.folder + "/page.html"), as: UTF8.self)
        #expect(page.components(separatedBy: "data:image/png").count == 25)
        // The model that was written is the one after training, whatever was put back for the pictures.
        options.report = nil
        options.output = FineTuning.folder + "/plain.onnx"
        try FineTuning.run(options)
        let (a, b) = (try readModel(FineTuning.folder + "/page.onnx"), try readModel(FineTuning.folder + "/plain.onnx"))
        #expect(a.initializers.map { $0.tensor.floats } == b.initializers.map { $0.tensor.floats })
    }
}
