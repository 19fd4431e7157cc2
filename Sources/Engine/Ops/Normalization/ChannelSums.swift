/// Sums over the rows of tensors [rows, channels], channel by channel. A worker takes whole channels; what is read
/// beyond the last one is not used.
struct ChannelSums {
    let rows: Int
    let channels: Int
    /// The channels of one worker.
    let share: Range<Int>

    init(_ x: TensorView, _ worker: Worker) {
        channels = x.shape[x.shape.count - 1]
        rows = channels == 0 ? 0 : x.count / channels
        share = worker.share(of: channels, grain: 8)
    }

    /// a[c] = Σ dy[r, c], b[c] = Σ dy[r, c] · (x[r, c] - mean[c]), in parts of 128 rows.
    func gradients(
        _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ mean: UnsafePointer<Float>,
        _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>
    ) {
        for c in stride(from: share.lowerBound, to: share.upperBound, by: 8) {
            let m = load(mean + c)
            var (total, product) = (F8(repeating: 0), F8(repeating: 0))
            for start in stride(from: 0, to: rows, by: 128) {
                var (part, partProduct) = (F8(repeating: 0), F8(repeating: 0))
                for r in start..<min(start + 128, rows) {
                    let g = load(dy + r * channels + c)
                    part += g
                    partProduct += g * (load(x + r * channels + c) - m)
                }
                total += part
                product += partProduct
            }
            let n = min(8, share.upperBound - c)
            store(total, a + c, first: n)
            store(product, b + c, first: n)
        }
    }

    /// mean[c] = Σ x[r, c] / rows, then variance[c] = Σ (x[r, c] - mean[c])² / rows.
    func moments(
        _ x: UnsafePointer<Float>, _ mean: UnsafeMutablePointer<Float>, _ variance: UnsafeMutablePointer<Float>
    ) {
        let count = F8(repeating: Float(rows))
        for c in stride(from: share.lowerBound, to: share.upperBound, by: 8) {
            let center = sums(c, x) { $0 } / count
            let spread = sums(c, x) { ($0 - center) * ($0 - center) } / count
            let n = min(8, share.upperBound - c)
            store(center, mean + c, first: n)
            store(spread, variance + c, first: n)
        }
    }

    @inline(__always)
    private func sums(_ c: Int, _ x: UnsafePointer<Float>, _ f: (F8) -> F8) -> F8 {
        var total = F8(repeating: 0)
        for start in stride(from: 0, to: rows, by: 128) {
            var part = F8(repeating: 0)
            for r in start..<min(start + 128, rows) { part += f(load(x + r * channels + c)) }
            total += part
        }
        return total
    }
}
