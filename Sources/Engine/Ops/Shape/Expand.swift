/// y = x repeated along axes of size 1, and along new outer axes, until it has the shape wanted.
public final class Expand: Op {
    public let shape: [Int]

    public init(to shape: [Int]) { self.shape = shape }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "Expand")
        _ = try checkedCount(shape)
        return [TensorType(x[0].dtype, try broadcastShape([x[0], TensorType(x[0].dtype, shape)], "Expand"))]
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0], frame.y[0])
        Walk.broadcast(x.shape, to: y.shape).copy(x.base, y.base, bytes: y.type.dtype.bytes, worker)
    }
}

extension Expand: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps() }

    /// dx[i] = the sum of dy where x[i] was repeated to.
    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        guard let dx = frame.dx[0] else { return }
        let dy = frame.dy[0]
        BroadcastGradient(dy: dy, other: dy, own: frame.x[0], dx: dx, adds: frame.adds[0]).run(Whole.self, worker)
    }
}

let expandEntry = OpEntry(
    ["Expand"], layout: .onnx, parameters: [1],
    cases: [
        OpCase("both ways", [TensorType(.f32, [3, 1, 5]), TensorType(.i64, [4])], constants: [1: [2, 1, 4, 1]]),
        OpCase("scalar", [TensorType(.i64, []), TensorType(.i64, [1])], constants: [1: [9]]),
    ],
    make: { spec throws(KingletError) in
        guard let shape = try spec.list("shape", input: 1) else {
            throw KingletError(.badFile, "Expand without a shape")
        }
        return Expand(to: shape)
    })
