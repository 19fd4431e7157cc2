import CSystem

/// Products and quotients pass on dy times the derivative; of equal smallest or largest inputs each gets the same part.
extension Binary: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public var gradientInPlace: Int? { 0 }

    private var clamps: Bool { low > -.infinity || high < .infinity }
    private var picks: Bool { kind == .min || kind == .max }

    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps {
        guard wants.contains(true) else { return Keeps() }
        let outputs = clamps || picks ? [0] : []
        switch kind {
        case .add, .sub: return Keeps(outputs: outputs)
        case .mul: return Keeps(inputs: [1, 0].filter { wants[1 - $0] }, outputs: outputs)
        case .div: return Keeps(inputs: wants[1] ? [0, 1] : [1], outputs: outputs)
        case .min, .max, .pow, .prelu: return Keeps(inputs: Array(x.indices), outputs: outputs)
        }
    }

    public func backwardScratchBytes(_ x: [TensorType], wants: [Bool], _ target: Target) -> Int {
        guard picks, let y = try? infer(x) else { return 0 }
        return y[0].bytes
    }

    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        let (dy, y) = (frame.dy[0], frame.y[0])
        maskGradient(frame, low, high, worker)
        // The same share.
        if picks { split(frame, worker.share(of: dy.count, grain: 16)) }
        if clamps || picks { worker.barrier() }
        // An input that takes dy's place comes last.
        let sharing = frame.dx[0]?.base == dy.base
        for i in frame.x.indices {
            let k = sharing ? frame.x.count - 1 - i : i
            guard let dx = frame.dx[k] else { continue }
            if i > 0 { worker.barrier() }
            let other = picks ? y : kind == .add || kind == .sub ? dy : frame.x[1 - k]
            let sums = BroadcastGradient(dy: dy, other: other, own: frame.x[k], dx: dx, adds: frame.adds[k])
            carry(sums, first: k == 0, worker)
        }
    }

    private func carry(_ sums: BroadcastGradient, first: Bool, _ worker: Worker) {
        switch kind {
        case .add: sums.run(Whole.self, worker)
        case .sub: first ? sums.run(Whole.self, worker) : sums.run(Negative.self, worker)
        case .mul: sums.run(Factor.self, worker)
        case .div: first ? sums.run(Dividend.self, worker) : sums.run(Divisor.self, worker)
        case .min, .max: sums.run(Picked.self, worker)
        case .pow: first ? sums.run(Base.self, worker) : sums.run(Exponent.self, worker)
        case .prelu: first ? sums.run(Rectified.self, worker) : sums.run(RectifierSlope.self, worker)
        }
    }

    /// dy /= how many inputs equal y.
    private func split(_ frame: BackwardFrame, _ range: Range<Int>) {
        let (dy, y, counts) = (frame.dy[0].f32, frame.y[0].f32, frame.scratch.assumingMemoryBound(to: Float.self))
        for i in range { counts[i] = 0 }
        for x in frame.x {
            let walk = Walk.broadcast(x.shape, to: frame.y[0].shape)
            let step = walk.row.a
            walk.rows(range) { first, n, offset, _ in
                for i in first..<first + n where x.f32[offset + (i - first) * step] == y[i] { counts[i] += 1 }
            }
        }
        for i in range where counts[i] > 1 { dy[i] /= counts[i] }
    }
}

private enum Negative: Slope {
    @inline(__always) static func of(_ dy: F8, _ other: F8, _ own: F8) -> F8 { -dy }
}

private enum Factor: Slope {
    @inline(__always) static func of(_ dy: F8, _ other: F8, _ own: F8) -> F8 { dy * other }
}

private enum Dividend: Slope {
    @inline(__always) static func of(_ dy: F8, _ other: F8, _ own: F8) -> F8 { dy / other }
}

private enum Divisor: Slope {
    @inline(__always) static func of(_ dy: F8, _ other: F8, _ own: F8) -> F8 { -dy * other / (own * own) }
}

/// `other` is y.
private enum Picked: Slope {
    @inline(__always) static func of(_ dy: F8, _ other: F8, _ own: F8) -> F8 {
        dy.replacing(with: F8(repeating: 0), where: own .!= other)
    }
}

private enum Rectified: Slope {
    @inline(__always) static func of(_ dy: F8, _ other: F8, _ own: F8) -> F8 {
        dy.replacing(with: dy * other, where: own .<= F8(repeating: 0))
    }
}

private enum RectifierSlope: Slope {
    @inline(__always) static func of(_ dy: F8, _ other: F8, _ own: F8) -> F8 {
        (dy * other).replacing(with: F8(repeating: 0), where: other .> F8(repeating: 0))
    }
}

private enum Base: Slope {
    static func of(_ dy: F8, _ other: F8, _ own: F8) -> F8 {
        var v = F8(repeating: 0)
        for i in 0..<8 where other[i] != 0 {
            v[i] = dy[i] * other[i] * Float(ks_pow(Double(own[i]), Double(other[i]) - 1))
        }
        return v
    }
}

/// 0 to a power above 0 stays 0.
private enum Exponent: Slope {
    static func of(_ dy: F8, _ other: F8, _ own: F8) -> F8 {
        var v = F8(repeating: 0)
        for i in 0..<8 where other[i] != 0 || own[i] < 0 {
            v[i] = dy[i] * Float(ks_pow(Double(other[i]), Double(own[i])) * ks_log(Double(other[i])))
        }
        return v
    }
}
