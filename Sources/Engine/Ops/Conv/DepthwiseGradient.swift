import CKernels

/// The gradients of a depthwise convolution, line by line.
struct DepthwiseGradient {
    let g: ConvGeometry
    let target: Target

    init(_ g: ConvGeometry, _ target: Target) { (self.g, self.target) = (g, target) }

    /// Of one worker: the addresses of the lines that a window sees, and one line of dx.
    private var addressBytes: Int { (g.kh * 8 + 63) & ~63 }
    private var ownBytes: Int { addressBytes + (g.w * g.c * 4 + 127) & ~63 }
    /// The workers' own, or, for dw, their addresses and sums [kH, kW, C].
    var scratchBytes: Int { max(target.workers * ownBytes, target.workers * addressBytes + sumBytes) }
    private var sumBytes: Int { (g.kh * g.kw * g.c * 4 + 127) & ~63 }

    /// Taps of each phase, reversed, as [taps, taps, C], then a bias of zeros.
    var packedBytes: Int { (g.kh * g.kw + 1) * g.c * 4 }

    private func taps(ofRowsBefore end: Int) -> Int {
        var sum = 0
        for i in 0..<end { sum += g.rowPhase(i).taps }
        return sum
    }

    private func taps(ofColumnsBefore end: Int) -> Int {
        var sum = 0
        for j in 0..<end { sum += g.columnPhase(j).taps }
        return sum
    }

    /// w as stored, [C, kH, kW, 1].
    func pack(_ w: UnsafePointer<Float>, to packed: UnsafeMutablePointer<Float>) {
        (packed + g.kh * g.kw * g.c).update(repeating: 0, count: g.c)
        var to = packed
        for i in 0..<g.rowPhases {
            let rows = g.rowPhase(i)
            for j in 0..<g.columnPhases {
                let columns = g.columnPhase(j)
                for m in 0..<rows.taps * columns.taps {
                    let tap = rows.tap(m / columns.taps) * g.kw + columns.tap(m % columns.taps)
                    for c in 0..<g.c { to[c] = w[c * g.kh * g.kw + tap] }
                    to += g.c
                }
            }
        }
    }

    func images(
        _ dy: UnsafePointer<Float>, packed: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>, adds: Bool,
        scratch: UnsafeMutableRawPointer, _ worker: Worker
    ) {
        let own = scratch + worker.index * ownBytes
        let addresses = own.assumingMemoryBound(to: UnsafePointer<Float>?.self)
        let line = (own + addressBytes).assumingMemoryBound(to: Float.self)
        let width = taps(ofColumnsBefore: g.columnPhases)
        for l in worker.share(of: g.n * g.h) {
            let (n, iy) = (l / g.h, l % g.h)
            let rows = g.rowPhase(iy % g.sh)
            for m in 0..<rows.taps {
                let oy = iy / g.sh + m * rows.dilation - rows.pad
                addresses[m] = oy >= 0 && oy < g.oh ? dy + (n * g.oh + oy) * g.ow * g.c : nil
            }
            var weights = packed + taps(ofRowsBefore: iy % g.sh) * width * g.c
            for j in 0..<g.columnPhases {
                let columns = g.columnPhase(j)
                let y = dx + (l * g.w + columns.first) * g.c
                var call = kn_depthwise_f32(
                    width: g.ow, channels: g.c, kh: rows.taps, kw: columns.taps, stride: 1,
                    dilation: columns.dilation, pad: columns.pad, columns: columns.count, rows: addresses, w: weights,
                    bias: packed + g.kh * g.kw * g.c, low: -.infinity, high: .infinity, y: adds ? line : y,
                    y_step: adds ? g.c : g.sw * g.c)
                target.kernels.depthwise(&call)
                if adds { add(line, y, columns.count) }
                weights += rows.taps * columns.taps * g.c
            }
        }
    }

    /// Adds pixels of a phase to their places.
    private func add(_ line: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int) {
        let whole = g.sw == 1
        for t in 0..<(whole ? 1 : count) {
            let (from, to, n) = (line + t * g.c, y + t * g.sw * g.c, whole ? count * g.c : g.c)
            var call = kn_add_f32(count: n, a: from, b: to, low: -.infinity, high: .infinity, y: to)
            target.kernels.add(&call)
        }
    }

    /// dw [C, kH, kW, 1]. Workers split the channels.
    func weights(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, dw: UnsafeMutablePointer<Float>, adds: Bool,
        scratch: UnsafeMutableRawPointer, _ worker: Worker
    ) {
        let share = worker.share(of: g.c, grain: 16)
        if share.isEmpty { return }
        let (taps, c) = (g.kh * g.kw, share.lowerBound)
        let addresses = (scratch + worker.index * addressBytes).assumingMemoryBound(to: UnsafePointer<Float>?.self)
        let sums = (scratch + target.workers * addressBytes).assumingMemoryBound(to: Float.self) + c
        for t in 0..<taps { (sums + t * g.c).update(repeating: 0, count: share.count) }
        for l in 0..<g.n * g.oh {
            for i in 0..<g.kh {
                let row = l % g.oh * g.sh + i * g.dh - g.top
                addresses[i] = row >= 0 && row < g.h ? x + (l / g.oh * g.h + row) * g.w * g.c + c : nil
            }
            var call = kn_depthwise_dw_f32(
                width: g.w, channels: g.c, count: share.count, kh: g.kh, kw: g.kw, stride: g.sw, dilation: g.dw,
                pad: g.left, columns: g.ow, rows: addresses, dy: dy + l * g.ow * g.c + c, y: sums)
            target.kernels.depthwise(&call)
        }
        for k in 0..<share.count {
            let to = dw + (c + k) * taps
            for t in 0..<taps { to[t] = (adds ? to[t] : 0) + sums[t * g.c + k] }
        }
    }
}
