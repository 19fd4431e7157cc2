import CKernels

/// Lavin and Gray (2016), F(4 × 4, 3 × 3).
extension Twin {
    package static func winograd4(_ t: kn_winograd_in) {
        for tile in 0..<t.count {
            let (x, v) = (t.x + 4 * tile * t.channels, t.v + tile * t.channels)
            forChannels(t.channels) {
                input(x + $0, t, v + $0, SIMD4<Float>.self)
            } rest: {
                input(x + $0, t, v + $0, SIMD1.self)
            }
        }
    }

    package static func winograd4(_ t: kn_winograd_out) {
        for tile in 0..<(t.columns + 3) / 4 {
            forChannels(t.channels) {
                output(t, tile, $0, SIMD4<Float>.self)
            } rest: {
                output(t, tile, $0, SIMD1.self)
            }
        }
    }

    package static func winograd4(_ t: kn_winograd_dy) {
        for tile in 0..<(t.columns + 3) / 4 {
            forChannels(t.channels) {
                gradient(t, tile, $0, SIMD4<Float>.self)
            } rest: {
                gradient(t, tile, $0, SIMD1.self)
            }
        }
    }

    /// Four at a time, then one at a time.
    @inline(__always)
    private static func forChannels(_ channels: Int, _ four: (Int) -> Void, rest: (Int) -> Void) {
        var c = 0
        while c + 4 <= channels {
            four(c)
            c += 4
        }
        while c < channels {
            rest(c)
            c += 1
        }
    }

    private typealias Six<V> = (V, V, V, V, V, V)
    private typealias Four<V> = (V, V, V, V)

    /// Bᵀ d.
    @inline(__always)
    private static func spread<V: Lanes>(_ a: V, _ b: V, _ c: V, _ d: V, _ e: V, _ f: V) -> Six<V> {
        let (p, q, s, u) = (e - c, d - b, e - c * 4, d - b * 4)
        return ((a - c) * 4 + p, s + u, s - u, p + q * 2, p - q * 2, f - d - q * 4)
    }

    /// Aᵀ m.
    @inline(__always)
    private static func gather<V: Lanes>(_ m: Six<V>) -> Four<V> {
        let (p, q, s, u) = (m.1 + m.2, m.1 - m.2, m.3 + m.4, m.3 - m.4)
        return (m.0 + p + s, q + u * 2, p + s * 4, q + u * 8 + m.5)
    }

    /// A d.
    @inline(__always)
    private static func spread<V: Lanes>(_ a: V, _ b: V, _ c: V, _ d: V) -> Six<V> {
        let (p, q, s, u) = (a + c, b + d, a + c * 4, (b + d * 4) * 2)
        return (a, p + q, p - q, s + u, s - u, d)
    }

    @inline(__always)
    private static func store<V: Lanes>(_ v: Six<V>, _ to: UnsafeMutablePointer<Float>, _ plane: Int) {
        v.0.store(to)
        v.1.store(to + plane)
        v.2.store(to + 2 * plane)
        v.3.store(to + 3 * plane)
        v.4.store(to + 4 * plane)
        v.5.store(to + 5 * plane)
    }

    @inline(__always)
    private static func input<V: Lanes>(
        _ x: UnsafePointer<Float>, _ t: kn_winograd_in, _ v: UnsafeMutablePointer<Float>, _: V.Type
    ) {
        @inline(__always) func column(_ j: Int) -> Six<V> {
            @inline(__always) func at(_ i: Int) -> V { V(at: x + j * t.channels + i * t.line) }
            return spread(at(0), at(1), at(2), at(3), at(4), at(5))
        }
        let (a, b, c, d, e, f) = (column(0), column(1), column(2), column(3), column(4), column(5))
        store(spread(a.0, b.0, c.0, d.0, e.0, f.0), v, t.plane)
        store(spread(a.1, b.1, c.1, d.1, e.1, f.1), v + 6 * t.plane, t.plane)
        store(spread(a.2, b.2, c.2, d.2, e.2, f.2), v + 12 * t.plane, t.plane)
        store(spread(a.3, b.3, c.3, d.3, e.3, f.3), v + 18 * t.plane, t.plane)
        store(spread(a.4, b.4, c.4, d.4, e.4, f.4), v + 24 * t.plane, t.plane)
        store(spread(a.5, b.5, c.5, d.5, e.5, f.5), v + 30 * t.plane, t.plane)
    }

    @inline(__always)
    private static func output<V: Lanes>(_ t: kn_winograd_out, _ tile: Int, _ channel: Int, _: V.Type) {
        @inline(__always) func column(_ j: Int) -> Four<V> {
            @inline(__always) func at(_ i: Int) -> V {
                V(at: t.m + tile * t.channels + channel + (6 * i + j) * t.plane)
            }
            return gather((at(0), at(1), at(2), at(3), at(4), at(5)))
        }
        let (a, b, c, d, e, f) = (column(0), column(1), column(2), column(3), column(4), column(5))
        @inline(__always) func finish(_ sum: V, _ i: Int, _ j: Int) {
            if 4 * tile + j >= t.columns { return }
            let at = i * t.line + (4 * tile + j) * t.channels + channel
            var sum = sum + V(at: t.bias + channel)
            if let residual = t.residual { sum = sum + V(at: residual + at) }
            sum.limited(t.low, t.high).store(t.y + at)
        }
        @inline(__always) func line(_ i: Int, _ m: Six<V>) {
            if i >= t.rows { return }
            let y = gather(m)
            finish(y.0, i, 0)
            finish(y.1, i, 1)
            finish(y.2, i, 2)
            finish(y.3, i, 3)
        }
        line(0, (a.0, b.0, c.0, d.0, e.0, f.0))
        line(1, (a.1, b.1, c.1, d.1, e.1, f.1))
        line(2, (a.2, b.2, c.2, d.2, e.2, f.2))
        line(3, (a.3, b.3, c.3, d.3, e.3, f.3))
    }

    @inline(__always)
    private static func gradient<V: Lanes>(_ t: kn_winograd_dy, _ tile: Int, _ channel: Int, _: V.Type) {
        @inline(__always) func column(_ j: Int) -> Six<V> {
            let rows = 4 * tile + j < t.columns ? t.rows : 0
            let p = t.dy + (4 * tile + j) * t.channels + channel
            @inline(__always) func at(_ i: Int) -> V { i < rows ? V(at: p + i * t.line) : V() }
            return spread(at(0), at(1), at(2), at(3))
        }
        let (a, b, c, d) = (column(0), column(1), column(2), column(3))
        let to = t.v + tile * t.channels + channel
        store(spread(a.0, b.0, c.0, d.0), to, t.plane)
        store(spread(a.1, b.1, c.1, d.1), to + 6 * t.plane, t.plane)
        store(spread(a.2, b.2, c.2, d.2), to + 12 * t.plane, t.plane)
        store(spread(a.3, b.3, c.3, d.3), to + 18 * t.plane, t.plane)
        store(spread(a.4, b.4, c.4, d.4), to + 24 * t.plane, t.plane)
        store(spread(a.5, b.5, c.5, d.5), to + 30 * t.plane, t.plane)
    }
}
