import CKernels

/// y[i, j] (+)= Σ_p a[p, i] · b[p, j]: the gradient of weights y from p points. Workers split y, so that each of its sums
/// is one in a fixed order.
struct OuterProduct {
    let kernels: Kernels
    let points: Int
    let a: UnsafePointer<Float>
    let rows: Int
    let b: UnsafePointer<Float>
    let columns: Int
    let y: UnsafeMutablePointer<Float>
    /// y holds something to add to.
    let adds: Bool

    /// Rows and columns of y that one worker takes no part of.
    static let grain = (rows: 8, columns: 48)
    /// Points whose sum is made in registers: their parts of a and b stay in the second-level cache.
    private var block: Int { max(64, min(2048, (96 << 10) / max(rows + columns, 1))) }

    func compute(_ worker: Worker) {
        let blocks = (rows + OuterProduct.grain.rows - 1) / OuterProduct.grain.rows
        let parts = (columns + OuterProduct.grain.columns - 1) / OuterProduct.grain.columns
        if blocks >= worker.count || blocks >= parts {
            compute(worker.share(of: rows, grain: OuterProduct.grain.rows), 0..<columns)
        } else {
            compute(0..<rows, worker.share(of: columns, grain: OuterProduct.grain.columns))
        }
    }

    private func compute(_ i: Range<Int>, _ j: Range<Int>) {
        if i.isEmpty || j.isEmpty { return }
        let y = y + i.lowerBound * columns + j.lowerBound
        if !adds { for row in 0..<i.count { (y + row * columns).update(repeating: 0, count: j.count) } }
        for first in stride(from: 0, to: points, by: block) {
            var call = kn_outer_f32(
                rows: i.count, columns: j.count, images: 1, lines: 1, points: min(block, points - first),
                a: a + first * rows + i.lowerBound, a_image: 0, a_line: 0, a_point: rows,
                b: b + first * columns + j.lowerBound, b_image: 0, b_line: 0, b_point: columns, y: y,
                y_stride: columns)
            kernels.outer(&call)
        }
    }

    /// y[j] (+)= Σ_p x[p, j], each worker for some j.
    static func sumRows(
        _ x: UnsafePointer<Float>, points: Int, columns: Int, y: UnsafeMutablePointer<Float>, adds: Bool,
        _ kernels: Kernels, _ worker: Worker
    ) {
        let share = worker.share(of: columns, grain: grain.columns)
        if share.isEmpty { return }
        let y = y + share.lowerBound
        if !adds { y.update(repeating: 0, count: share.count) }
        withUnsafePointer(to: Float(1)) { one in
            for first in stride(from: 0, to: points, by: 512) {
                var call = kn_outer_f32(
                    rows: 1, columns: share.count, images: 1, lines: 1, points: min(512, points - first), a: one,
                    a_image: 0, a_line: 0, a_point: 0, b: x + first * columns + share.lowerBound, b_image: 0,
                    b_line: 0, b_point: columns, y: y, y_stride: columns)
                kernels.outer(&call)
            }
        }
    }
}
