/// dx = y · (dy - Σ dy · y); of LogSoftmax dx = dy - e^y · Σ dy. Sums are over the softmax's axes.
extension Softmax: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    // A row is summed before any of it is written.
    public var gradientInPlace: Int? { 0 }

    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps(outputs: wants[0] ? [0] : []) }

    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        guard let dx = frame.dx[0], dx.count > 0 else { return }
        let parts = Reduction(dx.shape, axes)
        let (dy, y, adds) = (frame.dy[0].f32, frame.y[0].f32, frame.adds[0])
        let (all, stepK, step) = (0..<parts.reduced.count, parts.kept.row.a, parts.reduced.row.a)
        parts.kept.rows(worker.share(of: parts.kept.count)) { _, count, offset, _ in
            for start in stride(from: offset, to: offset + count * max(stepK, 1), by: max(stepK, 1)) {
                var total = F8(repeating: 0)
                parts.reduced.rows(all) { _, m, o, _ in
                    let (dy, y) = (dy + start + o, y + start + o)
                    eights(m) { i, n in
                        let v = take(dy + i * step, step, n)
                        total += log ? v : v * take(y + i * step, step, n)
                    }
                }
                let sum = F8(repeating: total.sum())
                parts.reduced.rows(all) { _, m, o, _ in
                    let (dy, y, dx) = (dy + start + o, y + start + o, dx.f32 + start + o)
                    eights(m) { i, n in
                        let (g, v) = (take(dy + i * step, step, n), take(y + i * step, step, n))
                        let d = log ? g - exp(v) * sum : v * (g - sum)
                        for k in 0..<n { dx[(i + k) * step] = adds ? dx[(i + k) * step] + d[k] : d[k] }
                    }
                }
            }
        }
    }

    @inline(__always)
    private func eights(_ m: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
        for i in stride(from: 0, to: m, by: 8) { body(i, min(8, m - i)) }
    }

    /// `n` elements that are `step` apart, then zeros.
    @inline(__always)
    private func take(_ x: UnsafePointer<Float>, _ step: Int, _ n: Int) -> F8 {
        if step == 1 && n == 8 { return load(x) }
        var v = F8(repeating: 0)
        for k in 0..<n { v[k] = x[k * step] }
        return v
    }
}
