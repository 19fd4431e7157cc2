import CKernels

/// Lavin and Gray (2016), F(2 × 2, 3 × 3). Channels run innermost, so that the loops over them vectorize.
extension Twin {
    package static func winograd(_ t: kn_winograd_in) {
        for tile in 0..<t.count {
            let (x, v) = (t.x + 2 * tile * t.channels, t.v + tile * t.channels)
            var c = 0
            while c + 4 <= t.channels {
                input(x + c, t, v + c, SIMD4<Float>.self)
                c += 4
            }
            while c < t.channels {
                input(x + c, t, v + c, SIMD1.self)
                c += 1
            }
        }
    }

    package static func winograd(_ t: kn_winograd_out) {
        for tile in 0..<(t.columns + 1) / 2 {
            let m = t.m + tile * t.channels
            var c = 0
            while c + 4 <= t.channels {
                output(m + c, t, tile, c, SIMD4<Float>.self)
                c += 4
            }
            while c < t.channels {
                output(m + c, t, tile, c, SIMD1.self)
                c += 1
            }
        }
    }

    package static func winograd(_ t: kn_winograd_dy) {
        for tile in 0..<(t.columns + 1) / 2 {
            var c = 0
            while c + 4 <= t.channels {
                gradient(t, tile, c, SIMD4<Float>.self)
                c += 4
            }
            while c < t.channels {
                gradient(t, tile, c, SIMD1.self)
                c += 1
            }
        }
    }

    /// A d Aᵀ.
    @inline(__always)
    private static func gradient<V: Lanes>(_ t: kn_winograd_dy, _ tile: Int, _ channel: Int, _: V.Type) {
        @inline(__always) func column(_ j: Int) -> (V, V, V, V) {
            let p = t.dy + (2 * tile + j) * t.channels + channel
            let exists = 2 * tile + j < t.columns
            let (a, b) = (exists ? V(at: p) : V(), exists && t.rows > 1 ? V(at: p + t.line) : V())
            return (a, a + b, a - b, V() - b)
        }
        let (a, b) = (column(0), column(1))
        @inline(__always) func row(_ i: Int, _ a: V, _ b: V) {
            let to = t.v + tile * t.channels + channel + 4 * i * t.plane
            a.store(to)
            (a + b).store(to + t.plane)
            (a - b).store(to + 2 * t.plane)
            (V() - b).store(to + 3 * t.plane)
        }
        row(0, a.0, b.0)
        row(1, a.1, b.1)
        row(2, a.2, b.2)
        row(3, a.3, b.3)
    }

    /// Bᵀ d B.
    @inline(__always)
    private static func input<V: Lanes>(
        _ x: UnsafePointer<Float>, _ t: kn_winograd_in, _ v: UnsafeMutablePointer<Float>, _: V.Type
    ) {
        @inline(__always) func column(_ j: Int) -> (V, V, V, V) {
            let p = x + j * t.channels
            let (a, b, c, d) = (V(at: p), V(at: p + t.line), V(at: p + 2 * t.line), V(at: p + 3 * t.line))
            return (a - c, b + c, c - b, b - d)
        }
        let (a, b, c, d) = (column(0), column(1), column(2), column(3))
        @inline(__always) func row(_ i: Int, _ a: V, _ b: V, _ c: V, _ d: V) {
            let to = v + 4 * i * t.plane
            (a - c).store(to)
            (b + c).store(to + t.plane)
            (c - b).store(to + 2 * t.plane)
            (b - d).store(to + 3 * t.plane)
        }
        row(0, a.0, b.0, c.0, d.0)
        row(1, a.1, b.1, c.1, d.1)
        row(2, a.2, b.2, c.2, d.2)
        row(3, a.3, b.3, c.3, d.3)
    }

    /// Aᵀ m A, then what follows a sum.
    @inline(__always)
    private static func output<V: Lanes>(
        _ m: UnsafePointer<Float>, _ t: kn_winograd_out, _ tile: Int, _ channel: Int, _: V.Type
    ) {
        @inline(__always) func column(_ j: Int) -> (V, V) {
            let p = m + j * t.plane
            let (a, b) = (V(at: p), V(at: p + 4 * t.plane))
            let (c, d) = (V(at: p + 8 * t.plane), V(at: p + 12 * t.plane))
            return (a + b + c, b - c - d)
        }
        let (a, b, c, d) = (column(0), column(1), column(2), column(3))
        @inline(__always) func finish(_ sum: V, _ i: Int, _ j: Int) {
            if i >= t.rows || 2 * tile + j >= t.columns { return }
            let at = i * t.line + (2 * tile + j) * t.channels + channel
            var sum = sum + V(at: t.bias + channel)
            if let residual = t.residual { sum = sum + V(at: residual + at) }
            sum.limited(t.low, t.high).store(t.y + at)
        }
        finish(a.0 + b.0 + c.0, 0, 0)
        finish(b.0 - c.0 - d.0, 0, 1)
        finish(a.1 + b.1 + c.1, 1, 0)
        finish(b.1 - c.1 - d.1, 1, 1)
    }
}

/// One or four floats at once.
protocol Lanes {
    /// Zeros.
    init()
    init(at p: UnsafePointer<Float>)
    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Float) -> Self
    func limited(_ low: Float, _ high: Float) -> Self
    func store(_ p: UnsafeMutablePointer<Float>)
}

extension SIMD4<Float>: Lanes {
    @inline(__always)
    init(at p: UnsafePointer<Float>) { self = UnsafeRawPointer(p).loadUnaligned(as: SIMD4<Float>.self) }
    @inline(__always)
    func limited(_ low: Float, _ high: Float) -> Self { Twin.clamp(self, low, high) }
    @inline(__always)
    func store(_ p: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(p).storeBytes(of: self, as: SIMD4<Float>.self)
    }
}

struct SIMD1: Lanes {
    let v: Float
    @inline(__always)
    init() { v = 0 }
    @inline(__always)
    init(at p: UnsafePointer<Float>) { v = p.pointee }
    @inline(__always)
    init(_ v: Float) { self.v = v }
    @inline(__always)
    static func + (a: SIMD1, b: SIMD1) -> SIMD1 { SIMD1(a.v + b.v) }
    @inline(__always)
    static func - (a: SIMD1, b: SIMD1) -> SIMD1 { SIMD1(a.v - b.v) }
    @inline(__always)
    static func * (a: SIMD1, b: Float) -> SIMD1 { SIMD1(a.v * b) }
    @inline(__always)
    func limited(_ low: Float, _ high: Float) -> SIMD1 { SIMD1(Twin.clamp(v, low, high)) }
    @inline(__always)
    func store(_ p: UnsafeMutablePointer<Float>) { p.pointee = v }
}
