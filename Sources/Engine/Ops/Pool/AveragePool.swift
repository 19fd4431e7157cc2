/// y[n, oy, ox, c] = the mean over the window of x[n, oy·s + i·d - top, ox·s + j·d - left, c].
/// Padding counts as zeros with `countPadding`, else not at all; what a window has beyond the padding never counts.
public final class AveragePool: Op {
    public let window: Window
    public let countPadding: Bool

    public init(_ window: Window, countPadding: Bool = false) {
        self.window = window
        self.countPadding = countPadding
    }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "AveragePool")
        try checkType(x[0], [.f32], "AveragePool")
        let g = try ConvGeometry(window, x[0])
        let shape = g.outputShape(channels: g.c, rank: x[0].rank)
        _ = try checkedCount(shape)
        return [TensorType(.f32, shape)]
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0].f32, frame.y[0].f32)
        guard let g = try? ConvGeometry(window, frame.x[0].type) else { return }
        let c = g.c
        for index in worker.share(of: g.n * g.oh * g.ow) {
            let taps = Taps(g, index)
            let image = x + (taps.n * g.h + taps.oy * g.sh - g.top) * g.w * c + (taps.ox * g.sw - g.left) * c
            let y = y + index * c
            let divisor = divisor(g, taps)
            var k = 0
            while k + 16 <= c {
                var (a, b) = (F8(repeating: 0), F8(repeating: 0))
                for i in taps.rows {
                    let row = image + i * g.dh * g.w * c + k
                    for j in taps.columns {
                        a += load(row + j * g.dw * c)
                        b += load(row + j * g.dw * c + 8)
                    }
                }
                store(a / F8(repeating: divisor), y + k)
                store(b / F8(repeating: divisor), y + k + 8)
                k += 16
            }
            while k < c {
                var total: Float = 0
                for i in taps.rows {
                    let row = image + i * g.dh * g.w * c + k
                    for j in taps.columns { total += row[j * g.dw * c] }
                }
                y[k] = total / divisor
                k += 1
            }
        }
    }

    /// How many places of a window count; 1 for one that sees only padding, whose mean is 0, not 0 / 0.
    func divisor(_ g: ConvGeometry, _ taps: Taps) -> Float {
        Float(max(countPadding ? padded(g, taps) : taps.rows.count * taps.columns.count, 1))
    }

    /// Window places on the padded image.
    private func padded(_ g: ConvGeometry, _ taps: Taps) -> Int {
        let rows = Taps.inside(taps.oy * g.sh, g.dh, g.kh, g.h + g.top + g.bottom)
        let columns = Taps.inside(taps.ox * g.sw, g.dw, g.kw, g.w + g.left + g.right)
        return rows.count * columns.count
    }
}

let averagePoolEntry = OpEntry(
    ["AveragePool"], attributes: Window.attributes + ["ceil_mode", "count_include_pad"], layout: .channelsLast([0]),
    cases: poolCases() + [
        OpCase(
            "padding counts", [TensorType(.f32, [1, 6, 7, 20])],
            [
                "kernel_shape": .ints([3, 3]), "strides": .ints([2, 2]), "pads": .ints([1, 1, 1, 1]),
                "ceil_mode": .int(1),
                "count_include_pad": .int(1),
            ])
    ],
    make: { spec throws(KingletError) in
        let window = try Window(spec.attributes, ceil: try spec.attributes.int("ceil_mode", 0) != 0)
        return AveragePool(window, countPadding: try spec.attributes.int("count_include_pad", 0) != 0)
    })
