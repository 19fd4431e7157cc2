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

extension Relu: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public var gradientInPlace: Int? { 0 }

    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps(outputs: wants[0] ? [0] : []) }

    /// dx = dy where y > 0.
    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        let zero = F8(repeating: 0)
        @inline(__always) func f(_ dy: F8, _ y: F8) -> F8 { dy.replacing(with: zero, where: y .<= zero) }
        carry(frame.y[0].f32, frame, worker, f)
    }
}

let reluEntry = OpEntry(
    ["Relu"],
    cases: [
        OpCase("image", [TensorType(.f32, [2, 5, 7, 3])]),
        OpCase("vector", [TensorType(.f32, [1000])]),
    ],
    make: { _ throws(KingletError) in Relu() })
