import CKernels

/// dw[o, i, j, c] (+)= Σ dy[n, oy, ox, o] · x[n, oy·sh + i·dh - top, ox·sw + j·dw - left, c]: for each tap, or each line
/// of taps, a product of dy and the windows of the images, read in place; where windows leave the images, of padded
/// copies. Workers split dw: each reads all images.
struct ConvWeights {
    let g: ConvGeometry
    let groups: Int
    let outputs: Int
    let target: Target
    private let run: Int
    private let segments: Int
    private let bands: ConvBands?
    /// Few columns for many outputs: the sums are those of dwᵀ, turned at the end.
    private let turns: Bool
    private static let budget = 128 << 10

    /// `outputs`: channels of dy.
    init(_ g: ConvGeometry, groups: Int, outputs: Int, _ target: Target) {
        (self.g, self.groups, self.outputs, self.target) = (g, groups, outputs, target)
        let channels = g.c / groups
        let whole = groups == 1 && (g.dw == 1 || g.kw == 1)
        run = whole ? g.kw * channels : channels
        segments = whole ? g.kh : g.kh * g.kw
        bands = g.isInside ? nil : ConvBands(g, bytes: 4)
        let lanes = target.kernels.f32Tile.nr / 2
        let (plain, turned) = (outputs * ((run + lanes - 1) / lanes), run * ((outputs + lanes - 1) / lanes))
        turns = groups == 1 && 5 * turned < 4 * plain
    }

    /// Every pixel is a window and the other way round.
    private var isProduct: Bool { g.isPointwise && groups == 1 && g.isInside && g.ow == g.w && g.oh == g.h }

    /// Of one worker: padded images.
    private var ownBytes: Int { bands?.bytes ?? 0 }
    /// The workers' own, then dwᵀ.
    var scratchBytes: Int { target.workers * ownBytes + (turns ? segments * run * outputs * 4 + 64 : 0) }

    /// Rows of what is summed up, in one group and one segment, and the parts that they are split into.
    private var rows: Int { turns ? run : outputs / groups }
    private var blocks: Int { (rows + OuterProduct.grain.rows - 1) / OuterProduct.grain.rows }

    func compute(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, dw: UnsafeMutablePointer<Float>, adds: Bool,
        scratch: UnsafeMutableRawPointer, _ worker: Worker
    ) {
        if isProduct {
            OuterProduct(
                kernels: target.kernels, points: g.n * g.h * g.w, a: dy, rows: outputs, b: x, columns: g.c, y: dw,
                adds: adds
            ).compute(worker)
            return
        }
        if !turns { return sum(x, dy, dw, adds: adds, scratch, worker) }
        let sums = (scratch + target.workers * ownBytes).assumingMemoryBound(to: Float.self)
        sum(x, dy, sums, adds: false, scratch, worker)
        worker.barrier()
        let taps = segments * run
        for o in worker.share(of: outputs) {
            let to = dw + o * taps
            for k in 0..<taps { to[k] = (adds ? to[k] : 0) + sums[k * outputs + o] }
        }
    }

    /// To `y`: dw, or dwᵀ.
    private func sum(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, adds: Bool,
        _ scratch: UnsafeMutableRawPointer, _ worker: Worker
    ) {
        let share = worker.share(of: groups * segments * blocks)
        if share.isEmpty { return }
        if !adds {
            parts(share) { group, segment, rows in
                for i in rows { (y + place(group, segment, i)).update(repeating: 0, count: turns ? outputs : run) }
            }
        }
        if let bands {
            bands.forEach(.alone, x, fill: 0, own: scratch + worker.index * ownBytes) { rows, first, lines in
                add(share, rows, bands.padded.line, dy + first * g.ow * outputs, lines, y)
            }
            return
        }
        let line = g.w * g.c * 4
        let rows = RowWalk(
            x, columns: g.ow, lines: g.oh, step: g.sw * g.c * 4, lineStep: g.sh * line, imageStep: g.h * line)
        // Whole images, or some lines of one.
        let images = ConvWeights.budget / (g.h * line)
        let count = images > 0 ? min(images, g.n) * g.oh : max(1, min(ConvWeights.budget / (g.sh * line), g.oh))
        var first = 0
        while first < g.n * g.oh {
            let lines = min(count, images > 0 ? g.n * g.oh - first : g.oh - first % g.oh)
            let part = rows.moved(by: first / g.oh * rows.imageStep + first % g.oh * rows.lineStep)
            add(share, part, line, dy + first * g.ow * outputs, lines, y)
            first += lines
        }
    }

    /// Where row `i` of a group and a segment begins.
    private func place(_ group: Int, _ segment: Int, _ i: Int) -> Int {
        turns
            ? (segment * run + i) * outputs
            : (group * (outputs / groups) + i) * g.kh * g.kw * (g.c / groups) + segment * run
    }

    private func parts(_ share: Range<Int>, _ body: (_ group: Int, _ segment: Int, _ rows: Range<Int>) -> Void) {
        var part = share.lowerBound
        while part < share.upperBound {
            let last = min(share.upperBound, part - part % blocks + blocks)
            let (of, grain) = (part / blocks, OuterProduct.grain.rows)
            let first = part % blocks * grain
            body(of / segments, of % segments, first..<min(first + (last - part) * grain, rows))
            part = last
        }
    }

    /// Adds what `lines` lines of windows give: of one image, or of whole ones. `line`: bytes between lines of the images.
    private func add(
        _ share: Range<Int>, _ rows: RowWalk, _ line: Int, _ dy: UnsafePointer<Float>, _ lines: Int,
        _ y: UnsafeMutablePointer<Float>
    ) {
        let x = rows.base.assumingMemoryBound(to: Float.self)
        let taps = segments == g.kh ? 1 : g.kw
        let (images, lines) = (max(1, lines / g.oh), min(lines, g.oh))
        parts(share) { group, segment, part in
            let offset = segment / taps * g.dh * line / 4 + segment % taps * g.dw * g.c + group * (g.c / groups)
            let (i, y) = (part.lowerBound, y + place(group, segment, part.lowerBound))
            var call =
                turns
                ? kn_outer_f32(
                    rows: part.count, columns: outputs, images: images, lines: lines, points: g.ow, a: x + offset + i,
                    a_image: rows.imageStep / 4, a_line: rows.lineStep / 4, a_point: rows.step / 4, b: dy,
                    b_image: g.oh * g.ow * outputs, b_line: g.ow * outputs, b_point: outputs, y: y, y_stride: outputs)
                : kn_outer_f32(
                    rows: part.count, columns: run, images: images, lines: lines, points: g.ow,
                    a: dy + group * (outputs / groups) + i, a_image: g.oh * g.ow * outputs, a_line: g.ow * outputs,
                    a_point: outputs, b: x + offset, b_image: rows.imageStep / 4, b_line: rows.lineStep / 4,
                    b_point: rows.step / 4, y: y, y_stride: g.kh * g.kw * (g.c / groups))
            target.kernels.outer(&call)
        }
    }
}
