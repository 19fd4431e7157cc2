import Engine

/// The parts of one run, an image at a time.
extension GradientAttack {
    /// x′ = the start near x. Inside the range of pixels, and inside the ball where there is one.
    func begin(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ noise: inout Random) {
        switch (settings.start, settings.norm) {
        case (.image, _): return
        case (.normal(let deviation), _):
            for i in 0..<pixels { y[i] = clip(x[i] + deviation * noise.normal()) }
        case (.uniform(let times), .max):
            let reach = times * epsilon
            for i in 0..<pixels { y[i] = clip(x[i] + noise.uniform(-reach, reach)) }
        case (.uniform(let times), .euclidean):
            for i in 0..<pixels { y[i] = noise.normal() }
            let size = Double(times * epsilon) * Double(noise.uniform())
            let scale = Float(size / max(length(y, pixels), 1e-12))
            for i in 0..<pixels { y[i] = clip(x[i] + y[i] * scale) }
        }
        if settings.projects { ball(x).project(y) }
    }

    /// ∂objective/∂logits, which is followed uphill.
    func slopes(_ b: AttackBatch, _ logits: UnsafePointer<Float>) {
        dlogits.update(repeating: 0, count: batch * classes)
        let weight: Float = settings.targeted ? -1 : 1
        for n in 0..<batch where b.labels[n] >= 0 {
            let (z, dz) = (logits + n * classes, dlogits + n * classes)
            if settings.objective == .divergence {
                _ = divergence.row(
                    clean: clean + n * classes, attacked: z, classes: classes, weight: 1, toClean: nil, toAttacked: dz)
            } else {
                _ = loss.row(z, classes: classes, label: Int(b.labels[n]), weight: weight, to: dz)
            }
        }
    }

    /// x′ ← project(x′ + α direction(g)).
    func step(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>) {
        let alpha = settings.alpha * epsilon
        switch settings.norm {
        case .max:
            for i in 0..<pixels { y[i] = clip(y[i] + alpha * sign(g[i])) }
        case .euclidean:
            let size = length(g, pixels)
            guard size > 0, size.isFinite else { return }
            let scale = Float(Double(alpha) / size)
            for i in 0..<pixels { y[i] += g[i] * scale }
        }
        if settings.projects { ball(x).project(y) }
    }
}
