extension ConvWinograd {
    /// G w Gᵀ: every entry of a tile is a matrix [c, o] in panels. Tap t of filter (o, c) is
    /// `w[t * tap + o * outStep + c * inStep]`.
    func pack(
        _ w: UnsafePointer<Float>, tap: Int, outStep: Int, inStep: Int, bias: UnsafePointer<Float>?,
        to packed: UnsafeMutablePointer<Float>
    ) {
        for p in 0..<panels.count {
            for c in 0..<g.c {
                for j in stride(from: 0, to: panels.nr, by: 8) {
                    let o = p * panels.nr + j
                    let filters = Filters(
                        w: w + o * outStep + c * inStep, tap: tap, step: outStep, count: min(8, panels.n - o))
                    let to = packed + p * panels.stride + c * panels.nr + j
                    if size == 4 { spread4(filters, to) } else { spread(filters, to) }
                }
            }
        }
        panels.packBias(bias, to: packed + (count - 1) * panels.bias)
    }

    /// One channel of some filters; zeros beyond `count`.
    private struct Filters {
        let w: UnsafePointer<Float>
        let tap: Int
        let step: Int
        let count: Int

        @inline(__always)
        subscript(_ t: Int) -> F8 {
            if step == 1 && count == 8 { return load(w + t * tap) }
            var v = F8(repeating: 0)
            for i in 0..<max(count, 0) { v[i] = w[t * tap + i * step] }
            return v
        }
    }

    private func spread(_ w: Filters, _ to: UnsafeMutablePointer<Float>) {
        typealias Four = (F8, F8, F8, F8)
        @inline(__always) func four(_ a: F8, _ b: F8, _ c: F8) -> Four { (a, (a + b + c) * 0.5, (a - b + c) * 0.5, c) }
        let (a, b, c) = (four(w[0], w[1], w[2]), four(w[3], w[4], w[5]), four(w[6], w[7], w[8]))
        let plane = panels.bias
        @inline(__always) func put(_ j: Int, _ v: Four) {
            store(v.0, to + j * plane)
            store(v.1, to + (4 + j) * plane)
            store(v.2, to + (8 + j) * plane)
            store(v.3, to + (12 + j) * plane)
        }
        put(0, four(a.0, b.0, c.0))
        put(1, four(a.1, b.1, c.1))
        put(2, four(a.2, b.2, c.2))
        put(3, four(a.3, b.3, c.3))
    }

    private func spread4(_ w: Filters, _ to: UnsafeMutablePointer<Float>) {
        typealias Six = (F8, F8, F8, F8, F8, F8)
        @inline(__always) func six(_ a: F8, _ b: F8, _ c: F8) -> Six {
            let (s, t, p, q) = ((a + c) * (1 / 6), b * (1 / 6), a * (1 / 24) + c * (1 / 6), b * (1 / 12))
            return (a * 0.25, -s - t, t - s, p + q, p - q, c)
        }
        let (a, b, c) = (six(w[0], w[1], w[2]), six(w[3], w[4], w[5]), six(w[6], w[7], w[8]))
        let plane = panels.bias
        @inline(__always) func put(_ j: Int, _ v: Six) {
            store(v.0, to + j * plane)
            store(v.1, to + (6 + j) * plane)
            store(v.2, to + (12 + j) * plane)
            store(v.3, to + (18 + j) * plane)
            store(v.4, to + (24 + j) * plane)
            store(v.5, to + (30 + j) * plane)
        }
        put(0, six(a.0, b.0, c.0))
        put(1, six(a.1, b.1, c.1))
        put(2, six(a.2, b.2, c.2))
        put(3, six(a.3, b.3, c.3))
        put(4, six(a.4, b.4, c.4))
        put(5, six(a.5, b.5, c.5))
    }
}
