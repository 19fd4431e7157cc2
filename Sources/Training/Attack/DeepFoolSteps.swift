import Engine

/// The parts of one step, for each row that is not finished.
extension DeepFool {
    /// Marks the rows that the model gets wrong, or takes for the target. Whether all are finished.
    func finish(_ b: AttackBatch) -> Bool {
        var all = true
        for n in 0..<batch where done[n] == 0 {
            let hit = largest(logits + n * classes, classes) == Int(b.labels[n])
            if hit == settings.targeted { done[n] = 1 } else { all = false }
        }
        return all
    }

    /// The classes of largest logits, without the label; or the target.
    func rank(_ b: AttackBatch) {
        for n in 0..<batch where done[n] == 0 {
            let (z, list) = (logits + n * classes, order + n * candidates)
            if settings.targeted {
                list[0] = b.labels[n]
                continue
            }
            for c in 0..<candidates {
                var best = -1
                for j in 0..<classes where j != Int(b.labels[n]) && (best < 0 || z[j] > z[best]) {
                    var taken = false
                    for k in 0..<c where Int(list[k]) == j { taken = true }
                    if !taken { best = j }
                }
                list[c] = Int32(best)
            }
        }
    }

    /// The class that the row is to leave.
    private func left(_ b: AttackBatch, _ n: Int) -> Int {
        settings.targeted ? max(largest(logits + n * classes, classes), 0) : Int(b.labels[n])
    }

    /// dlogits of f = z[k] - z[left].
    func slopes(_ b: AttackBatch, _ candidate: Int) {
        dlogits.update(repeating: 0, count: batch * classes)
        for n in 0..<batch where done[n] == 0 {
            dlogits[n * classes + left(b, n)] = -1
            dlogits[n * classes + Int(order[n * candidates + candidate])] += 1
        }
    }

    /// Keeps w where its border is the nearest so far.
    func look(_ b: AttackBatch, _ candidate: Int, _ gradient: UnsafePointer<Float>) {
        for n in 0..<batch where done[n] == 0 {
            let (z, w) = (logits + n * classes, gradient + n * pixels)
            let f = abs(Double(z[Int(order[n * candidates + candidate])] - z[left(b, n)]))
            let size = length(w, pixels)
            guard size > 0, Float(f / size) < distance[n] else { continue }
            distance[n] = Float(f / size)
            stretch[n] = Float(f / (size * size))
            (nearest + n * pixels).update(from: w, count: pixels)
        }
    }

    /// x′ = x + factor (1 + overshoot) r, in the range of pixels.
    func place(_ b: AttackBatch, _ n: Int, _ factor: Float, _ x: UnsafeMutablePointer<Float>) {
        let (from, r, to) = (b.x + n * pixels, total + n * pixels, x + n * pixels)
        for i in 0..<pixels { to[i] = clip(from[i] + factor * (1 + settings.overshoot) * r[i]) }
    }

    func bound(_ b: AttackBatch, _ n: Int, _ x: UnsafeMutablePointer<Float>) {
        let ball = Ball(x: b.x + n * pixels, pixels: pixels, norm: .max, epsilon: epsilon)
        ball.project(x + n * pixels)
        if settings.grid { ball.round(x + n * pixels) }
    }
}
