/// y = max(x, 0).
public final class Relu: Op {
    public init() {}

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try require(x.count == 1, .shape, "Relu takes one input, got \(x.count)")
        try require(x[0].dtype == .f32, .unsupported, "Relu of \(x[0].dtype.name)")
        return x
    }

    public var inPlace: Bool { true }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0].f32, frame.y[0].f32)
        for i in worker.share(of: frame.x[0].count, grain: 16) { y[i] = x[i] > 0 ? x[i] : 0 }
    }
}

let reluEntry = OpEntry(
    ["Relu"],
    cases: [
        OpCase("image", [TensorType(.f32, [2, 5, 7, 3])]),
        OpCase("vector", [TensorType(.f32, [1000])]),
    ],
    make: { _ throws(KingletError) in Relu() })
