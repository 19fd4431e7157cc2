import CKernels

/// y[m, n] = clamp(bias[n] + Σ_s Σ_r a_m[offset[s] + r] · b[s · run + r, n] + addend[m, n], low, high).
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

    /// This worker's share, with `scratchBytes` of its own. `offsets(i)` is where piece i begins, in elements.
    func compute(_ worker: Worker, own: UnsafeMutableRawPointer, offsets: (Int) -> Int) {
        let pointers = own.assumingMemoryBound(to: UnsafeRawPointer.self)
        let offset = (own + Product.block * 8).assumingMemoryBound(to: Int.self)
        for s in 0..<segments { offset[s] = offsets(s) }
        let mr = kernels.f32Tile.mr
        let (tiles, count, columns) = ((m + mr - 1) / mr, worker.count, panels.count)
        // Split whichever way leaves the busiest worker the least.
        if (tiles + count - 1) / count * columns <= tiles * ((columns + count - 1) / count) {
            compute(worker.share(of: m, grain: mr), 0..<columns, pointers, offset)
        } else {
            compute(0..<m, worker.share(of: columns), pointers, offset)
        }
    }

    private func compute(
        _ share: Range<Int>, _ part: Range<Int>, _ pointers: UnsafeMutablePointer<UnsafeRawPointer>,
        _ offset: UnsafePointer<Int>
    ) {
        if share.isEmpty || part.isEmpty { return }
        let mr = kernels.f32Tile.mr
        let most = max(1, min(Product.block, Product.blockBytes / max(rows.step, 4)) / mr) * mr
        // Blocks of even height.
        let blocks = (share.count + most - 1) / most
        let (column, last) = (part.lowerBound * panels.nr, min(part.upperBound * panels.nr, panels.n))
        for i in 0..<blocks {
            let first = share.lowerBound + share.count * i / blocks
            let count = share.lowerBound + share.count * (i + 1) / blocks - first
            rows.fill(pointers, first: first, count: count)
            let at = first * yStride + column
            var call = kn_tile_f32(
                rows: count, columns: last - column, segments: segments, run: run,
                a: UnsafeRawPointer(pointers).assumingMemoryBound(to: UnsafePointer<Float>.self), offset: offset,
                b: packed + part.lowerBound * panels.stride, bias: packed + panels.bias + column,
                residual: addend.map { $0 + at }, residual_stride: yStride, low: low, high: high, y: y + at,
                y_stride: yStride)
            kernels.tile(&call)
        }
    }
}

/// min(max(v, low), high); NaN stays NaN.
@inline(__always)
func clamp(_ v: Float, _ low: Float, _ high: Float) -> Float {
    let raised = v < low ? low : v
    return raised > high ? high : raised
}
