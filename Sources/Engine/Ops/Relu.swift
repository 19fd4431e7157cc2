/// y = max(x, 0).
public final class Relu: Op {
    public init() {}

    public var inPlace: Bool { true }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "Relu")
        try checkType(x[0], [.f32], "Relu")
        return x
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let zero = F8(repeating: 0)
        @inline(__always) func f(_ v: F8) -> F8 { v.replacing(with: zero, where: v .< zero) }
        map(frame.x[0].f32, frame.y[0].f32, worker.share(of: frame.x[0].count, grain: 16), f)
    }
}

let reluEntry = OpEntry(
    ["Relu"],
    cases: [
        OpCase("image", [TensorType(.f32, [2, 5, 7, 3])]),
        OpCase("vector", [TensorType(.f32, [1000])]),
    ],
    make: { _ throws(KingletError) in Relu() })
