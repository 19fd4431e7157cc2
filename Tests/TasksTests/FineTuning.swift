import CSystem
import Engine
import ONNX
import Tasks
import Training

/// Fine-tuning a tiny network on noisy patterns of colour, made here.
enum FineTuning {
    static let folder: String = {
        let path = "/tmp/kinglet-finetune-\(ks_now())"
        _ = path.withCString { ks_make_folders($0) }
        return path
    }()

    static func write(_ bytes: [UInt8], _ name: String) -> String {
        let path = folder + "/" + name
        _ = path.withCString { ks_write_file($0, bytes, bytes.count) }
        return path
    }

    /// CIFAR-10 records of 10 classes.
    static let data: String = {
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
    static func model(classes: Int = 10) throws -> Model {
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

    static func options(_ name: String, classes: Int = 10) throws -> FineTuneOptions {
        let file = folder + "/base\(classes).onnx"
        try model(classes: classes).write(to: file)
        var o = FineTuneOptions(model: file, data: data, output: folder + "/" + name)
        (o.schedule, o.rate, o.epochs, o.batch, o.threads) = ("constant", 0.02, 4, 16, 1)
        (o.validation, o.gate, o.augmentation, o.force, o.temperature) = ("pgd:2", "pgd:3", "none", true, nil)
        return o
    }

    @discardableResult
    static func run(_ options: FineTuneOptions) throws -> FineTuneResult {
        let run = try FineTuneRun(options)
        while try run.next() != nil {}
        return try run.end()
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        let file = try Storage(file: path)
        return Array(UnsafeRawBufferPointer(start: file.base, count: file.bytes))
    }
}
