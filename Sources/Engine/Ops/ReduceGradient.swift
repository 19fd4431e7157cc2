/// A sum passes dy on to all of its terms; a maximum or minimum splits it among the terms that equal it.
extension Reduce: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }

    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps {
        guard wants[0] else { return Keeps() }
        switch kind {
        case .mean, .sum: return Keeps()
        case .prod: return Keeps(inputs: [0])
        case .max, .min: return Keeps(inputs: [0], outputs: [0])
        }
    }

    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        guard let dx = frame.dx[0], dx.count > 0 else { return }
        let parts = Reduction(dx.shape, axes)
        let range = worker.share(of: parts.kept.count, grain: 16)
        let (dy, x, y, adds) = (frame.dy[0].f32, frame.x[0].f32, frame.y[0].f32, frame.adds[0])
        switch kind {
        case .mean: spread(parts, range, dy, dx.f32, 1 / Float(parts.reduced.count), adds)
        case .sum: spread(parts, range, dy, dx.f32, 1, adds)
        case .prod: groups(parts, range) { product(parts, dy[$1], x + $0, dx.f32 + $0, adds) }
        case .max, .min: groups(parts, range) { pick(parts, dy[$1], y[$1], x + $0, dx.f32 + $0, adds) }
        }
    }

    /// dx = factor · dy.
    private func spread(
        _ parts: Reduction, _ range: Range<Int>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
        _ factor: Float, _ adds: Bool
    ) {
        let (stepK, stepR) = (parts.kept.row.a, parts.reduced.row.a)
        parts.kept.rows(range) { first, n, offset, _ in
            let dy = dy + first
            parts.reduced.rows(0..<parts.reduced.count) { _, m, o, _ in
                if stepK == 1 {
                    for i in 0..<m { scale(dy, dx + offset + o + i * stepR, n, factor, adds) }
                } else {
                    for j in 0..<n {
                        let (dx, v) = (dx + offset + j * stepK + o, dy[j] * factor)
                        for i in 0..<m { dx[i * stepR] = adds ? dx[i * stepR] + v : v }
                    }
                }
            }
        }
    }

    @inline(__always)
    private func scale(
        _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>, _ n: Int, _ factor: Float, _ adds: Bool
    ) {
        var i = 0
        while i + 8 <= n {
            let v = load(dy + i) * factor
            store(adds ? load(dx + i) + v : v, dx + i)
            i += 8
        }
        while i < n {
            dx[i] = adds ? dx[i] + dy[i] * factor : dy[i] * factor
            i += 1
        }
    }

    /// Calls `body` with the offset in x and the index in y of every result in `range`.
    @inline(__always)
    private func groups(_ parts: Reduction, _ range: Range<Int>, _ body: (_ offset: Int, _ index: Int) -> Void) {
        let step = parts.kept.row.a
        parts.kept.rows(range) { first, n, offset, _ in
            for j in 0..<n { body(offset + j * step, first + j) }
        }
    }

    private func pick(
        _ parts: Reduction, _ dy: Float, _ y: Float, _ x: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
        _ adds: Bool
    ) {
        let (step, all) = (parts.reduced.row.a, 0..<parts.reduced.count)
        var equal: Float = 0
        parts.reduced.rows(all) { _, m, o, _ in for i in 0..<m where x[o + i * step] == y { equal += 1 } }
        parts.reduced.rows(all) { _, m, o, _ in
            for i in 0..<m {
                let (k, base) = (o + i * step, adds ? dx[o + i * step] : 0)
                dx[k] = x[k] == y ? base + dy / equal : base
            }
        }
    }

    /// dx_i = dy · Π_{j ≠ i} x_j, which is right where factors are 0 too.
    private func product(
        _ parts: Reduction, _ dy: Float, _ x: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
        _ adds: Bool
    ) {
        let (step, all) = (parts.reduced.row.a, 0..<parts.reduced.count)
        var (rest, zeros) = (1.0, 0)
        parts.reduced.rows(all) { _, m, o, _ in
            for i in 0..<m {
                let v = x[o + i * step]
                if v == 0 { zeros += 1 } else { rest *= Double(v) }
            }
        }
        parts.reduced.rows(all) { _, m, o, _ in
            for i in 0..<m {
                let k = o + i * step
                let others = zeros == 0 ? rest / Double(x[k]) : zeros == 1 && x[k] == 0 ? rest : 0
                dx[k] = (adds ? dx[k] : 0) + dy * Float(others)
            }
        }
    }
}
