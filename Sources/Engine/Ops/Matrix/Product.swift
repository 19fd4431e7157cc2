import CKernels

/// y[m, n] = clamp(bias[n] + Σ_s Σ_r a_m[offset[s] + r] · b[s · run + r, n] + addend[m, n], low, high), tile by tile.
/// Every output is one sum in a fixed order, so that neither tiles nor workers change it.
struct Product {
    let kernels: Kernels
    let rows: RowWalk
    let m: Int
    let panels: Panels
    /// Elements of a in one piece, and the number of pieces.
    let run: Int
    let segments: Int
    let packed: UnsafePointer<Float>
    let y: UnsafeMutablePointer<Float>
    /// Elements between rows of y, and of `addend`.
    let yStride: Int
    var addend: UnsafePointer<Float>?
    var low: Float
    var high: Float

    /// Rows whose addresses are written down at a time.
    static let block = 192
    /// A block of rows should stay in the second-level cache while all panels pass over it.
    private static let blockBytes = 256 << 10

    /// Bytes that one worker needs.
    static func scratchBytes(segments: Int) -> Int { ((block + segments) * 8 + 63) & ~63 }

    /// This worker's share. `offsets(i)` is where piece i begins, in elements.
    func compute(_ worker: Worker, scratch: UnsafeMutableRawPointer, offsets: (Int) -> Int) {
        let own = scratch + worker.index * Product.scratchBytes(segments: segments)
        let pointers = own.assumingMemoryBound(to: UnsafeRawPointer.self)
        let offset = (own + Product.block * 8).assumingMemoryBound(to: Int.self)
        for s in 0..<segments { offset[s] = offsets(s) }
        let tiles = (m + kernels.f32Rows - 1) / kernels.f32Rows
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
        let mr = kernels.f32Rows
        let rowBytes = max(abs(rows.step), 4)
        let block = max(1, min(Product.block, Product.blockBytes / rowBytes) / mr)
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
        let to = y + row * yStride + panel * panels.nr
        let columns = panels.columns(of: panel)
        let plain = addend == nil
        var call = kn_tile_f32(
            rows: count, columns: columns, segments: segments, run: run,
            a: UnsafeRawPointer(a).assumingMemoryBound(to: UnsafePointer<Float>.self), offset: offset,
            b: packed + panel * panels.stride, bias: packed + panels.bias + panel * panels.nr,
            low: plain ? low : -.infinity, high: plain ? high : .infinity, y: to, y_stride: yStride)
        kernels.tile(&call)
        guard let addend else { return }
        let from = addend + (to - y)
        for i in 0..<count {
            let (p, q) = (to + i * yStride, from + i * yStride)
            for j in 0..<columns { p[j] = clamp(p[j] + q[j], low, high) }
        }
    }
}

/// min(max(v, low), high); NaN stays NaN.
@inline(__always)
func clamp(_ v: Float, _ low: Float, _ high: Float) -> Float {
    let raised = v < low ? low : v
    return raised > high ? high : raised
}
