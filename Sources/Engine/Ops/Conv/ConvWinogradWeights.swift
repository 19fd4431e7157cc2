import CKernels

/// dw of a 3 × 3 convolution of stride 1 by Winograd's F(4 × 4, 3 × 3): Gᵀ (Σ (A dy Aᵀ) ⊙ (Bᵀ x B)) G over all tiles, 36
/// products where the plain way has 144.
struct ConvWinogradWeights {
    private let winograd: ConvWinograd
    private let outputs: Int
    private let target: Target
    /// Lines of tiles that are summed in registers: what becomes of them stays in the second-level cache. Sums follow
    /// from it, so it must not depend on the number of workers.
    private let step: Int

    init(_ g: ConvGeometry, outputs: Int, _ target: Target) {
        winograd = ConvWinograd(g, size: 4, outputs: outputs, target)
        (self.outputs, self.target) = (outputs, target)
        step = max(1, min(winograd.lines * g.n, (384 << 10) / (144 * winograd.tiles * (g.c + outputs))))
    }

    static func pays(_ g: ConvGeometry, groups: Int, outputs: Int) -> Bool {
        ConvWinograd.pays(g, groups: groups, outputs: outputs)
    }

    private var g: ConvGeometry { winograd.g }
    private var products: Int { outputs * g.c }
    /// Of one worker: a band of one image.
    private var bandBytes: Int { ((winograd.size * min(step, winograd.lines) + 2) * winograd.padded.line + 127) & ~63 }
    private var tilesBytes: Int {
        let tiles = step * winograd.tiles
        return 144 * (ConvWinograd.plane(tiles * g.c) + ConvWinograd.plane(tiles * outputs)) + 64
    }
    var scratchBytes: Int { target.workers * bandBytes + tilesBytes + 144 * products + 64 }

    /// Workers share the tiles to transform, then the products.
    func compute(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, dw: UnsafeMutablePointer<Float>, adds: Bool,
        scratch: UnsafeMutableRawPointer, _ worker: Worker
    ) {
        let band = scratch + worker.index * bandBytes
        let v = (scratch + target.workers * bandBytes).assumingMemoryBound(to: Float.self)
        let m = v + tilesBytes / 4
        let own = worker.share(of: 36 * products, grain: 16)
        (m + own.lowerBound).update(repeating: 0, count: own.count)
        for first in stride(from: 0, to: winograd.lines * g.n, by: step) {
            let count = min(step, winograd.lines * g.n - first)
            let rows = count * winograd.tiles
            let share = worker.share(of: count)
            let (planeV, planeU) = (ConvWinograd.plane(rows * g.c), ConvWinograd.plane(rows * outputs))
            let u = v + 36 * planeV
            if first > 0 { worker.barrier() }
            winograd.spread(
                x, first + share.lowerBound..<first + share.upperBound, band: band,
                v + share.lowerBound * winograd.tiles * g.c, plane: planeV)
            for i in share { spread(dy, line: first + i, u + i * winograd.tiles * outputs, plane: planeU) }
            worker.barrier()
            multiply(u, v, m, rows, worker)
        }
        worker.barrier()
        for o in worker.share(of: outputs) { gather(m + o * g.c, dw + 9 * o * g.c, adds: adds) }
    }

    /// A line of tiles of dy.
    private func spread(_ dy: UnsafePointer<Float>, line: Int, _ u: UnsafeMutablePointer<Float>, plane: Int) {
        let oy = line % winograd.lines * winograd.size
        var call = kn_winograd_dy(
            rows: min(winograd.size, g.oh - oy), columns: g.ow, channels: outputs,
            dy: dy + (line / winograd.lines * g.oh + oy) * g.ow * outputs, line: g.ow * outputs, v: u, plane: plane)
        target.kernels.winograd(&call, size: winograd.size)
    }

    /// m[p][o, c] += Σ_t u[p][t, o] · v[p][t, c].
    private func multiply(
        _ u: UnsafePointer<Float>, _ v: UnsafePointer<Float>, _ m: UnsafeMutablePointer<Float>, _ rows: Int,
        _ worker: Worker
    ) {
        let grain = OuterProduct.grain.rows
        let blocks = (outputs + grain - 1) / grain
        let (planeV, planeU) = (ConvWinograd.plane(rows * g.c), ConvWinograd.plane(rows * outputs))
        let share = worker.share(of: 36 * blocks)
        var part = share.lowerBound
        while part < share.upperBound {
            let p = part / blocks
            let last = min(share.upperBound, (p + 1) * blocks)
            let o = part % blocks * grain
            var call = kn_outer_f32(
                rows: min((last - part) * grain, outputs - o), columns: g.c, images: 1, lines: 1, points: rows,
                a: u + p * planeU + o, a_image: 0, a_line: 0, a_point: outputs, b: v + p * planeV,
                b_image: 0, b_line: 0, b_point: g.c, y: m + p * products + o * g.c, y_stride: g.c)
            target.kernels.outer(&call)
            part = last
        }
    }

    /// Gᵀ m G of one filter, [3, 3, c].
    private func gather(_ m: UnsafePointer<Float>, _ dw: UnsafeMutablePointer<Float>, adds: Bool) {
        @inline(__always)
        func three(_ a: Float, _ b: Float, _ c: Float, _ d: Float, _ e: Float, _ f: Float) -> (Float, Float, Float) {
            let (s, t) = ((b + c) * (1 / 6), (d + e) * (1 / 6))
            return (a * 0.25 - s + t * 0.25, (c - b) * (1 / 6) + (d - e) * (1 / 12), t - s + f)
        }
        let plane = products
        for c in 0..<g.c {
            @inline(__always) func column(_ j: Int) -> (Float, Float, Float) {
                let m = m + j * plane + c
                return three(m[0], m[6 * plane], m[12 * plane], m[18 * plane], m[24 * plane], m[30 * plane])
            }
            @inline(__always) func put(_ i: Int, _ v: (Float, Float, Float)) {
                let to = dw + 3 * i * g.c + c
                to[0] = (adds ? to[0] : 0) + v.0
                to[g.c] = (adds ? to[g.c] : 0) + v.1
                to[2 * g.c] = (adds ? to[2 * g.c] : 0) + v.2
            }
            let (p, q, r, s, t, u) = (column(0), column(1), column(2), column(3), column(4), column(5))
            put(0, three(p.0, q.0, r.0, s.0, t.0, u.0))
            put(1, three(p.1, q.1, r.1, s.1, t.1, u.1))
            put(2, three(p.2, q.2, r.2, s.2, t.2, u.2))
        }
    }
}
