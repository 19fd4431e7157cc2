import CKernels

/// y[m, n] = output(bias[n] + Σ_s Σ_r a_m[offset[s] + r] · b[s · run + r, n]), tile by tile, with int32 sums.
struct IntegerProduct {
    let kernels: Kernels
    let rows: RowWalk
    let m: Int
    let panels: IntegerPanels
    let packed: UnsafeRawPointer
    let y: UnsafeMutableRawPointer
    /// Elements between rows of y.
    let yStride: Int
    let output: IntegerOutput

    /// A block of rows should stay in the second-level cache while all panels pass over it.
    private static let blockBytes = 256 << 10

    /// Bytes that one worker needs.
    static func scratchBytes(_ panels: IntegerPanels) -> Int {
        ((Product.block + panels.parts * panels.segments) * 8 + 63) & ~63
    }

    /// This worker's share. `offsets(i)` is where segment i begins, in bytes.
    func compute(_ worker: Worker, scratch: UnsafeMutableRawPointer, offsets: (Int) -> Int) {
        let own = scratch + worker.index * IntegerProduct.scratchBytes(panels)
        let pointers = own.assumingMemoryBound(to: UnsafeRawPointer.self)
        let offset = (own + Product.block * 8).assumingMemoryBound(to: Int.self)
        for s in 0..<panels.segments { offset[s] = offsets(s) }
        for s in panels.segments..<panels.parts * panels.segments { offset[s] = offset[s - panels.segments] }
        let tiles = (m + kernels.i8Rows - 1) / kernels.i8Rows
        let (count, columns) = (worker.count, panels.count)
        // Split whichever way leaves the busiest worker the least.
        if (tiles + count - 1) / count * columns <= tiles * ((columns + count - 1) / count) {
            compute(worker.share(of: tiles), 0..<columns, of: tiles, pointers, offset)
        } else {
            compute(0..<tiles, worker.share(of: columns), of: tiles, pointers, offset)
        }
    }

    private func compute(
        _ tiles: Range<Int>, _ columns: Range<Int>, of total: Int, _ pointers: UnsafeMutablePointer<UnsafeRawPointer>,
        _ offset: UnsafePointer<Int>
    ) {
        let block = max(1, min(Product.block, IntegerProduct.blockBytes / max(abs(rows.step), 1)) / kernels.i8Rows)
        var first = tiles.lowerBound
        // Tiles of even height: 49 rows in tiles of 6 are better as fives and sixes than as eight sixes and a one.
        func start(_ tile: Int) -> Int { m * tile / total }
        while first < tiles.upperBound {
            let last = min(first + block, tiles.upperBound)
            let row = start(first)
            rows.fill(pointers, first: row, count: start(last) - row)
            for p in columns {
                for t in first..<last {
                    let r = start(t)
                    tile(pointers + (r - row), rows: start(t + 1) - r, row: r, panel: p, offset)
                }
            }
            first = last
        }
    }

    @inline(__always)
    private func tile(
        _ a: UnsafeMutablePointer<UnsafeRawPointer>, rows count: Int, row: Int, panel: Int, _ offset: UnsafePointer<Int>
    ) {
        let at = row * yStride + panel * panels.nr
        let rows = UnsafeRawPointer(a).assumingMemoryBound(to: UnsafePointer<Int8>.self)
        let b = (packed + panel * panels.stride).assumingMemoryBound(to: Int8.self)
        let bias = (packed + panels.bias).assumingMemoryBound(to: Int32.self) + panel * panels.nr
        let scale = (packed + panels.multipliers).assumingMemoryBound(to: Float.self) + panel * panels.nr
        var call = kn_tile_i8(
            rows: count, columns: panels.columns(of: panel), segments: panels.parts * panels.segments,
            run4: panels.run4, a: rows, offset: offset, b: b, bias: bias, scale: scale, zero: output.zero,
            low: output.low, high: output.high, y: y.assumingMemoryBound(to: Int8.self) + at, y_stride: yStride)
        kernels.tile(&call)
    }
}
