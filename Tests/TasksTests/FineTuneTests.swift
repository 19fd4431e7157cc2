import CSystem
import Engine
import ONNX
import Tasks
import Testing
import Training
import Vision

/// Fine-tuning a tiny network on noisy patterns of colour, made here.
@Suite(.serialized) struct FineTuneTests {
    private static let folder: String = {
        let path = "/tmp/kinglet-finetune-\(ks_now())"
        _ = path.withCString { ks_make_folders($0) }
        return path
    }()

    private static func write(_ bytes: [UInt8], _ name: String) -> String {
        let path = folder + "/" + name
        _ = path.withCString { ks_write_file($0, bytes, bytes.count) }
        return path
    }

    /// CIFAR-10 records of 10 classes.
    private static let data: String = {
        var random = Random(seed: 3)
        let base = (0..<10).map { _ in (0..<48).map { _ in random.uniform(0, 255) } }
        var bytes: [UInt8] = []
        for i in 0..<240 {
            bytes.append(UInt8(i % 10))
            for p in 0..<3072 {
                let (c, y, x) = (p / 1024, p / 32 % 32, p % 32)
                let v = base[i % 10][c * 16 + y / 8 * 4 + x / 8] + 25 * random.normal()
                bytes.append(UInt8(min(max(v, 0), 255)))
            }
        }
        return write(bytes, "data_batch_1.bin")
    }()

    /// Conv 8 × 3 × 3 / 4, BatchNormalization, Relu, GlobalAveragePool, Gemm; random weights.
    private static func model(classes: Int = 10) throws -> Model {
        var random = Random(seed: 4)
        func weights(_ shape: [Int], _ spread: Float) throws -> Tensor {
            try Tensor((0..<shape.reduce(1, *)).map { _ in spread * random.normal() }, shape: shape)
        }
        func level(_ value: Float, _ n: Int) throws -> Tensor {
            try Tensor([Float](repeating: value, count: n), shape: [n])
        }
        var model = Model(
            inputs: [.init(name: "input", .f32, [.symbol("N"), .size(3), .size(32), .size(32)])],
            outputs: [.init(name: "logits", .f32, [.symbol("N"), .size(classes)])],
            nodes: [
                .init(
                    "Conv", name: "conv", ["input", "w"], ["a"],
                    attributes: ["strides": .ints([4, 4]), "pads": .ints([1, 1, 1, 1])]),
                .init("BatchNormalization", name: "norm", ["a", "s", "b", "m", "v"], ["c"]),
                .init("Relu", name: "relu", ["c"], ["d"]),
                .init(
                    "AveragePool", name: "pool", ["d"], ["p"],
                    attributes: ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])]),
                .init("Flatten", name: "flat", ["p"], ["e"]),
                .init("Gemm", name: "head", ["e", "g", "h"], ["logits"], attributes: ["transB": .int(1)]),
            ],
            initializers: [
                .init("w", try weights([8, 3, 3, 3], 0.3)), .init("s", try level(1, 8)), .init("b", try level(0, 8)),
                .init("m", try level(0, 8)), .init("v", try level(1, 8)), .init("g", try weights([classes, 128], 0.1)),
                .init("h", try level(0, classes)),
            ])
        model.metadata["kinglet.mean"] = "128"
        model.metadata["kinglet.std"] = "64"
        return model
    }

    private static func options(_ name: String, classes: Int = 10) throws -> FineTuneOptions {
        let file = folder + "/base\(classes).onnx"
        try model(classes: classes).write(to: file)
        var o = FineTuneOptions(model: file, data: data, output: folder + "/" + name)
        (o.schedule, o.rate, o.epochs, o.batch, o.threads) = ("constant", 0.02, 4, 16, 1)
        (o.validation, o.gate, o.augmentation, o.force, o.temperature) = ("pgd:2", "pgd:3", "none", true, nil)
        return o
    }

    @discardableResult
    private static func run(_ options: FineTuneOptions) throws -> FineTuneResult {
        let run = try FineTuneRun(options)
        while try run.next() != nil {}
        return try run.end()
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        let file = try Storage(file: path)
        return Array(UnsafeRawBufferPointer(start: file.base, count: file.bytes))
    }

    @Test func everyModeLearnsAndTheModelKeepsWhatWasMeasured() throws {
        for attack in ["none", "nfgsm", "fgsm-rs", "pgd:2", "trades:3", "free:2", "static"] {
            var o = try Self.options("mode.onnx")
            o.attack = attack
            if attack == "free:2" { o.epochs = 3 }
            let result = try Self.run(o)
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
            var o = try Self.options("change.onnx")
            change(&o)
            let result = try Self.run(o)
            #expect(result.gate.clean.after > result.gate.clean.before + 0.2, "\(name): \(result.verdict)")
        }
    }

    @Test func microBatchesAndThreadsGiveTheSameWeightsAsTheWholeBatch() throws {
        var files: [[UInt8]] = []
        for threads in [1, 3] {
            var o = try Self.options("threads.onnx")
            o.threads = threads
            try Self.run(o)
            files.append(try Self.bytes(o.output))
        }
        #expect(files[0] == files[1], "three threads end in other bits than one")
    }

    @Test func aRunThatIsCutOffAndGoesOnEndsInTheSameBits() throws {
        for (name, change) in [
            ("sgd", { (o: inout FineTuneOptions) in o.average = 0.9 }), ("free", { $0.attack = "free:2" }),
            ("scratch", { $0.fromScratch = true }), ("int8", { $0.quantizationAware = true }),
        ] as [(String, (inout FineTuneOptions) -> Void)] {
            var o = try Self.options("resume-\(name).onnx")
            change(&o)
            try Self.run(o)
            let wanted = try Self.bytes(o.output)
            o.resume = true
            // Ends after so many events, without a word.
            for events in [14, 30] {
                let run = try FineTuneRun(o)
                for _ in 0..<events { _ = try run.next() }
            }
            try Self.run(o)
            #expect(try Self.bytes(o.output) == wanted, "\(name)")
        }
    }

    @Test func otherClassesGetANewHeadAndTheirLabels() throws {
        var o = try Self.options("head.onnx", classes: 3)
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
                    o.model = Self.folder + "/nan.onnx"
                    try model.write(to: Self.folder + "/nan.onnx")
                }
            ),
        ]
        for (name, kind, words, change) in cases {
            var o = try Self.options("refused.onnx")
            try change(&o)
            let error = #expect(throws: KingletError.self) { _ = try FineTuneRun(o) }
            #expect(
                error?.kind == kind && error?.description.contains(words) == true,
                "\(name): \(error?.description ?? "")")
        }
    }

    @Test func aMemoryLimitMakesMicroBatchesAndTheGateMayRefuse() throws {
        var o = try Self.options("limit.onnx")
        (o.rate, o.epochs, o.force) = (1e-9, 0.5, false)
        let whole = try FineTuneRun(
            {
                var o = o
                o.dryRun = true
                return o
            }()
        ).plan
        o.memory = Int(ks_peak_bytes()) + (3 << 20)
        let run = try FineTuneRun(o)
        #expect(run.plan.peakBytes <= max(whole.peakBytes, o.memory ?? 0))
        while try run.next() != nil {}
        let result = try run.end()
        #expect(result.outcome == .refused && result.path.hasSuffix("limit.candidate.onnx"), "\(result.verdict)")
        #expect(o.output.withCString { ks_kind($0) } < 0, "a refused model was written to the output")
    }
}
