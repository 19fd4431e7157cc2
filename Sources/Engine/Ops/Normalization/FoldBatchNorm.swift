import CSystem

/// A normalisation with the statistics of training as part of the product before it:
/// w' = f · w, b' = (b - mean) · f + shift with f = scale / √(variance + ε), one of each per output channel.
/// Inputs: w, whose axis `axis` is the output channels, then b, scale, shift, mean, variance [C]. Outputs: w', b'.
public final class FoldBatchNorm: Op {
    public let axis: Int
    public let epsilon: Float

    public init(axis: Int = 0, epsilon: Float) { (self.axis, self.epsilon) = (axis, epsilon) }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 6...6, "FoldBatchNorm")
        for t in x { try checkType(t, [.f32], "FoldBatchNorm") }
        try require(axis >= 0 && axis < x[0].rank, .shape, "FoldBatchNorm along axis \(axis) of \(x[0].description)")
        for t in x.dropFirst() {
            try require(
                t.shape == [x[0].shape[axis]], .shape, "FoldBatchNorm of \(x[0].description) with \(t.description)")
        }
        return [x[0], x[1]]
    }

    /// f and 1 / √(variance + ε) of channel `c`.
    private func factor(_ x: [TensorView], _ c: Int) -> (f: Double, inverse: Double) {
        let inverse = 1 / ks_sqrt(Double(x[5].f32[c]) + Double(epsilon))
        return (Double(x[2].f32[c]) * inverse, inverse)
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let blocks = AxisBlocks(frame.x[0].type, axis)
        let (w, y, b, out) = (frame.x[0].f32, frame.y[0].f32, frame.x[1].f32, frame.y[1].f32)
        for c in worker.share(of: frame.x[1].count) {
            let f = factor(frame.x, c).f
            out[c] = Float((Double(b[c]) - Double(frame.x[4].f32[c])) * f + Double(frame.x[3].f32[c]))
            rows(blocks, c) { place, n in for i in place..<place + n { y[i] = w[i] * Float(f) } }
        }
    }

    /// The runs of weights that belong to channel `c`.
    @inline(__always)
    private func rows(_ blocks: AxisBlocks, _ c: Int, _ body: (_ place: Int, _ count: Int) -> Void) {
        let (inner, row) = (blocks.inner / 4, blocks.row / 4)
        for o in 0..<blocks.outer { body(o * row + c * inner, inner) }
    }
}

extension FoldBatchNorm: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }

    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps {
        wants.contains(true) ? Keeps(inputs: wants[2] || wants[5] ? [0, 1, 2, 4, 5] : [2, 5]) : Keeps()
    }

    /// dw = f · dw', db = f · db', dshift = db', dscale = (Σ dw' · w + db' · (b - mean)) / √(variance + ε),
    /// dmean = -f · db', dvariance = -dscale · scale / 2 / (variance + ε).
    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        let blocks = AxisBlocks(frame.x[0].type, axis)
        let (w, dy) = (frame.x[0].f32, frame.dy[0].f32)
        for c in worker.share(of: frame.x[1].count) {
            let ((f, inverse), db) = (factor(frame.x, c), Double(frame.dy[1].f32[c]))
            put(frame, 1, c, f * db)
            put(frame, 3, c, db)
            put(frame, 4, c, -f * db)
            if frame.dx[2] != nil || frame.dx[5] != nil {
                var total = db * (Double(frame.x[1].f32[c]) - Double(frame.x[4].f32[c]))
                rows(blocks, c) { place, n in total += dot(w + place, dy + place, n) }
                put(frame, 2, c, total * inverse)
                put(frame, 5, c, -total * f * inverse * inverse / 2)
            }
            guard let dx = frame.dx[0]?.f32 else { continue }
            let (adds, f32) = (frame.adds[0], Float(f))
            rows(blocks, c) { place, n in
                for i in place..<place + n { dx[i] = adds ? dx[i] + f32 * dy[i] : f32 * dy[i] }
            }
        }
    }

    private func put(_ frame: BackwardFrame, _ k: Int, _ c: Int, _ v: Double) {
        guard let dx = frame.dx[k]?.f32 else { return }
        dx[c] = frame.adds[k] ? dx[c] + Float(v) : Float(v)
    }

    private func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ n: Int) -> Double {
        var (total, i) = (F8(repeating: 0), 0)
        while i + 8 <= n {
            total += load(a + i) * load(b + i)
            i += 8
        }
        var rest: Float = 0
        while i < n {
            rest += a[i] * b[i]
            i += 1
        }
        return Double(total.sum() + rest)
    }
}
