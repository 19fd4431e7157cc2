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

    /// This worker's share. `own`: its memory; `offsets(i)` is where segment i begins, in bytes.
    func compute(_ worker: Worker, own: UnsafeMutableRawPointer, offsets: (Int) -> Int) {
        let pointers = own.assumingMemoryBound(to: UnsafeRawPointer.self)
        let offset = (own + Product.block * 8).assumingMemoryBound(to: Int.self)
        for s in 0..<panels.segments { offset[s] = offsets(s) }
        for s in panels.segments..<panels.parts * panels.segments { offset[s] = offset[s - panels.segments] }
        let tiles = (m + kernels.i8Tile.mr - 1) / kernels.i8Tile.mr
        let (count, columns) = (worker.count, panels.count)
        // Split whichever way leaves the busiest worker the least.
        if (tiles + count - 1) / count * columns <= tiles * ((columns + count - 1) / count) {
            let part = worker.share(of: tiles)
            compute(m * part.lowerBound / tiles..<m * part.upperBound / tiles, 0..<columns, pointers, offset)
        } else {
            compute(0..<m, worker.share(of: columns), pointers, offset)
        }
    }

    private func compute(
        _ part: Range<Int>, _ columns: Range<Int>, _ pointers: UnsafeMutablePointer<UnsafeRawPointer>,
        _ offset: UnsafePointer<Int>
    ) {
        if columns.isEmpty { return }
        let mr = kernels.i8Tile.mr
        let block = max(1, min(Product.block, IntegerProduct.blockBytes / max(abs(rows.step), 1)) / mr) * mr
        let first = columns.lowerBound * panels.nr
        let last = min(columns.upperBound * panels.nr, panels.n)
        let bias = (packed + panels.bias).assumingMemoryBound(to: Int32.self) + first
        let scale = (packed + panels.multipliers).assumingMemoryBound(to: Float.self) + first
        let hasLeast = (packed + panels.least).load(as: Int32.self)
        let b = (packed + columns.lowerBound * panels.stride).assumingMemoryBound(to: Int8.self)
        let a = UnsafeRawPointer(pointers).assumingMemoryBound(to: UnsafePointer<Int8>.self)
        var row = part.lowerBound
        while row < part.upperBound {
            let count = min(block, part.upperBound - row)
            rows.fill(pointers, first: row, count: count)
            let at = row * yStride + first
            let float = output.dtype == .f32
            var call = kn_tile_i8(
                rows: count, columns: last - first, segments: panels.parts * panels.segments, run4: panels.run4, a: a,
                offset: offset, b: b, has_least: hasLeast, bias: bias, scale: scale, zero: output.zero, low: output.low,
                high: output.high,
                y: float ? nil : y.assumingMemoryBound(to: Int8.self) + at,
                y_f32: float ? y.assumingMemoryBound(to: Float.self) + at : nil, y_stride: yStride)
            kernels.tile(&call)
            row += count
        }
    }
}
