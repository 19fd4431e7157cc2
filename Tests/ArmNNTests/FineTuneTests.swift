import CSystem
import Engine
import ONNX
import Tasks
import Testing

/// Fine-tuning is native; what it makes, Arm NN runs.
@Suite(.needsArmNN) struct FineTuneTests {
    /// CIFAR-10 records of noise around a colour for each class.
    static func data(_ folder: String) -> String {
        var random = Random(seed: 3)
        var bytes: [UInt8] = []
        for i in 0..<120 {
            bytes.append(UInt8(i % 10))
            for p in 0..<3072 {
                let v = Float((i % 10 * 67 + p / 1024 * 91) % 256) + 20 * random.normal()
                bytes.append(UInt8(min(max(v, 0), 255)))
            }
        }
        let path = folder + "/data_batch_1.bin"
        _ = path.withCString { ks_write_file($0, bytes, bytes.count) }
        return path
    }

    static func model() throws -> Model {
        var draft = Draft([1, 3, 32, 32])
        let a = draft.node(
            "Conv", ["x", try draft.weights([8, 3, 4, 4]), try draft.weights([8])], ["strides": .ints([4, 4])])
        let pool = draft.node("GlobalAveragePool", [draft.node("Relu", [a])])
        let head = [draft.node("Flatten", [pool]), try draft.weights([10, 8]), try draft.weights([10])]
        let y = draft.node("Gemm", head, ["transB": .int(1)])
        var model = draft.model(y)
        model.inputs[0].shape = [.symbol("N"), .size(3), .size(32), .size(32)]
        model.metadata["kinglet.mean"] = "128"
        model.metadata["kinglet.std"] = "64"
        return model
    }

    /// Clean accuracy and loss, and accuracy under an attack whose gradients are native.
    static func evaluate(_ model: String, _ data: String, _ backend: Backend) throws -> [Double] {
        var o = EvaluateOptions(model: model, data: data)
        (o.attacks, o.epsilons, o.backend, o.batch, o.threads) = ("clean,fgsm", "4/255", backend, 8, 2)
        let run = try EvaluationRun(o)
        #expect((run.offloaded != nil) == (backend == .armnn))
        var results: [Double] = []
        while let row = try run.next() { results += [row.tally.accuracy.value, row.tally.meanLoss] }
        return results
    }

    @Test func newWeightsReachArmNN() throws {
        let folder = "/tmp/kinglet-armnn-\(ks_now())"
        _ = folder.withCString { ks_make_folders($0) }
        let (data, old, new) = (Self.data(folder), folder + "/old.onnx", folder + "/new.onnx")
        defer {
            for path in [data, old, new, folder] { _ = path.withCString { ks_remove($0) } }
        }
        try Self.model().write(to: old)
        var o = FineTuneOptions(model: old, data: data, output: new)
        (o.schedule, o.rate, o.epochs, o.batch, o.threads) = ("constant", 0.05, 3, 16, 1)
        (o.attack, o.validation, o.gate, o.augmentation) = ("none", "fgsm", "fgsm", "none")
        (o.force, o.temperature) = (true, nil)
        let run = try FineTuneRun(o)
        while try run.next() != nil {}
        _ = try run.end()

        let before = try Self.evaluate(old, data, .armnn)
        let after = try Self.evaluate(new, data, .armnn)
        for (got, wanted) in zip(
            before + after, try Self.evaluate(old, data, .native) + Self.evaluate(new, data, .native))
        {
            #expect(abs(got - wanted) <= 0.01 * max(1, wanted), "\(got), natively \(wanted)")
        }
        #expect(after[0] > before[0] + 0.2, "\(before) before, \(after) after")
    }
}
