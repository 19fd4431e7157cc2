import CKernels

/// y = (saturate(roundHalfEven(x / scale) + zero) - zero) · scale: QuantizeLinear, then DequantizeLinear, in floats.
public final class FakeQuantize: Op {
    let scale: ScaleAxis

    package init(_ scale: ScaleAxis) { self.scale = scale }

    public var inPlace: Bool { true }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "FakeQuantize")
        try checkType(x[0], [.f32], "FakeQuantize")
        try scale.check(x[0])
        return x
    }

    private static let room = 512

    public func scratchBytes(_ x: [TensorType], _ target: Target) -> Int { target.workers * FakeQuantize.room }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0].f32, frame.y[0].f32)
        let room = (frame.scratch + worker.index * FakeQuantize.room).assumingMemoryBound(to: Int8.self)
        // uint8 is int8 with everything 128 lower.
        let shift: Int32 = scale.dtype == .u8 ? 128 : 0
        scale.runs(frame.x[0].shape, worker) { run, scale, zero in
            for first in stride(from: run.lowerBound, to: run.upperBound, by: FakeQuantize.room) {
                let n = min(FakeQuantize.room, run.upperBound - first)
                var down = kn_quantize(
                    count: n, x: x + first, scale: scale, zero: zero - shift, low: -128, high: 127, y: room)
                frame.target.kernels.quantize(&down)
                var up = kn_dequantize(count: n, x: room, scale: scale, zero: zero - shift, y: y + first)
                frame.target.kernels.dequantize(&up)
            }
        }
    }
}

/// The gradient goes straight through where the value is inside the range, and not at all outside (Bengio et al. 2013).
extension FakeQuantize: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public var gradientInPlace: Int? { 0 }
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps(inputs: wants[0] ? [0] : []) }

    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        scale.straightThrough(frame, worker) { _ in 1 }
    }
}

extension ScaleAxis {
    /// Calls `body` with every run of a worker's share of `shape` that has one scale and zero point.
    @inline(__always)
    func runs(_ shape: [Int], _ worker: Worker, _ body: (_ run: Range<Int>, _ scale: Float, _ zero: Int32) -> Void) {
        let (inner, count) = runs(shape)
        var total = 1
        for d in shape { total *= d }
        let part = worker.share(of: total, grain: 64)
        scales.withUnsafeBufferPointer { scales in
            zeros.withUnsafeBufferPointer { zeros in
                var i = part.lowerBound
                while i < part.upperBound {
                    let (c, end) = (i / inner % count, min((i / inner + 1) * inner, part.upperBound))
                    body(i..<end, scales[c], zeros[c])
                    i = end
                }
            }
        }
    }

    /// dx = factor(scale) · dy where x, the value that was quantized, rounds to one in the range.
    @inline(__always)
    func straightThrough(_ frame: BackwardFrame, _ worker: Worker, _ factor: (Float) -> Float) {
        guard let view = frame.dx[0] else { return }
        let (x, dy, dx, adds) = (frame.x[0].f32, frame.dy[0].f32, view.f32, frame.adds[0])
        let (least, most): (Int32, Int32) = dtype == .u8 ? (0, 255) : (-128, 127)
        runs(view.shape, worker) { run, scale, zero in
            let (low, high) = ((Float(least - zero) - 0.5) * scale, (Float(most - zero) + 0.5) * scale)
            let f = factor(scale)
            for i in run {
                let v = x[i] >= low && x[i] <= high ? dy[i] * f : 0
                dx[i] = adds ? dx[i] + v : v
            }
        }
    }
}
