/// dx of a convolution: in each phase of its strides a convolution of dy with the taps that the phase sees, reversed.
struct ConvImageGradient {
    let g: ConvGeometry
    let groups: Int
    let outputs: Int
    let target: Target
    private let winograd: ConvWinograd?

    /// `outputs`: channels of dy.
    init(_ g: ConvGeometry, groups: Int, outputs: Int, _ target: Target) {
        (self.g, self.groups, self.outputs, self.target) = (g, groups, outputs, target)
        let whole = g.phase(g.rowPhase(0), g.columnPhase(0), outputs: outputs)
        let pays = g.sh == 1 && g.sw == 1 && ConvWinograd.pays(whole, groups: groups, outputs: g.c)
        winograd = pays ? ConvWinograd(whole, size: 4, outputs: g.c, target) : nil
    }

    /// What one phase computes; nil where no window touches its positions.
    private func tiles(_ rows: ConvPhase, _ columns: ConvPhase) -> ConvTiles? {
        if rows.taps == 0 || columns.taps == 0 { return nil }
        return ConvTiles(
            g.phase(rows, columns, outputs: outputs), groups: groups, outputs: g.c,
            steps: (g.sw, g.sh * g.w, g.h * g.w), target)
    }

    private func forEach(_ body: (_ rows: ConvPhase, _ columns: ConvPhase, _ tiles: ConvTiles?) -> Void) {
        for i in 0..<g.rowPhases {
            let rows = g.rowPhase(i)
            for j in 0..<g.columnPhases {
                let columns = g.columnPhase(j)
                body(rows, columns, tiles(rows, columns))
            }
        }
    }

    var packedBytes: Int {
        if let winograd { return winograd.packedBytes }
        var bytes = 0
        forEach { bytes += $2?.packedBytes ?? 0 }
        return bytes
    }

    /// Working memory that one worker needs, in whichever phase.
    var ownBytes: Int {
        if let winograd { return winograd.ownBytes }
        var bytes = 0
        forEach { bytes = max(bytes, $2?.ownBytes ?? 0) }
        return bytes
    }

    /// w as stored, [O, kH, kW, C / groups].
    func pack(_ w: UnsafePointer<Float>, to packed: UnsafeMutablePointer<Float>) {
        if let winograd {
            winograd.pack(w + 8 * g.c, tap: -g.c, outStep: 1, inStep: 9 * g.c, bias: nil, to: packed)
            return
        }
        let (i, o, taps) = (g.c / groups, outputs / groups, g.kh * g.kw)
        var to = packed
        forEach { rows, columns, tiles in
            guard let tiles else { return }
            for group in 0..<groups {
                for m in 0..<rows.taps * columns.taps {
                    let tap = rows.tap(m / columns.taps) * g.kw + columns.tap(m % columns.taps)
                    tiles.panels.pack(
                        w + (group * o * taps + tap) * i, rowStep: taps * i, columnStep: 1, part: m * o..<(m + 1) * o,
                        to: to)
                }
                tiles.panels.packBias(nil, to: to)
                to += tiles.panels.floats
            }
        }
    }

    func compute(
        _ dy: UnsafeRawPointer, packed: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>, adds: Bool,
        own: UnsafeMutableRawPointer, _ worker: Worker
    ) {
        if let winograd {
            winograd.compute(dy, packed: packed, addend: adds ? UnsafePointer(dx) : nil, y: dx, own: own, worker)
            return
        }
        var weights = packed
        forEach { rows, columns, tiles in
            let first = dx + (rows.first * g.w + columns.first) * g.c
            if let tiles {
                tiles.compute(
                    dy, packed: weights, addend: adds ? UnsafePointer(first) : nil, y: first, own: own, worker)
                weights += tiles.packedBytes / 4
            } else if !adds {
                clear(rows, columns, first, worker)
            }
        }
    }

    /// Zeros where no window is.
    private func clear(
        _ rows: ConvPhase, _ columns: ConvPhase, _ first: UnsafeMutablePointer<Float>, _ worker: Worker
    ) {
        // Where the rows see no window no column does: the first phase of them clears whole lines.
        if rows.taps == 0 && columns.first > 0 { return }
        for l in worker.share(of: g.n * rows.count) {
            let line = first + (l / rows.count * g.h + l % rows.count * g.sh) * g.w * g.c
            if rows.taps == 0 {
                line.update(repeating: 0, count: g.w * g.c)
            } else {
                for t in 0..<columns.count { (line + t * g.sw * g.c).update(repeating: 0, count: g.c) }
            }
        }
    }
}
