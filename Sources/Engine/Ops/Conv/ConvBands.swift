/// A convolution whose windows leave the images, in bands of some output lines of one image, or of some whole images.
/// Every worker pads what its bands need in memory of its own, where it stays in the cache.
struct ConvBands {
    let g: ConvGeometry
    let padded: PaddedImages
    /// Output lines of a band: at most an image's, or a multiple of them.
    let lines: Int
    private static let budget = 128 << 10

    /// `bytes`: of one element.
    init(_ g: ConvGeometry, bytes: Int) {
        self.g = g
        padded = PaddedImages(g, bytes: bytes)
        let images = ConvBands.budget / max(padded.image, 1)
        let some = (ConvBands.budget / max(padded.line, 1) - (g.kh - 1) * g.dh - 1) / g.sh + 1
        lines = images > 0 ? g.oh * min(images, g.n) : max(1, min(some, g.oh))
    }

    /// Lines of the padded image that `count` output lines see.
    private func span(_ count: Int) -> Int { (count - 1) * g.sh + (g.kh - 1) * g.dh + 1 }

    /// Bytes that one worker needs; kernels may read a little past the last pixel.
    var bytes: Int {
        let most = lines >= g.oh ? lines / g.oh * padded.image : span(lines) * padded.line
        return (most + 127) & ~63
    }

    /// Calls `body` with the windows of each band of this worker, which begin at output line `first` of all images' lines.
    func forEach(
        _ worker: Worker, _ x: UnsafeRawPointer, fill: UInt8, own: UnsafeMutableRawPointer,
        _ body: (_ rows: RowWalk, _ first: Int, _ lines: Int) -> Void
    ) {
        let whole = lines >= g.oh
        let share = worker.share(of: g.n * g.oh, grain: whole && g.n >= worker.count ? g.oh : 1)
        var line = share.lowerBound
        while line < share.upperBound {
            let (image, oy) = (line / g.oh, line % g.oh)
            let left = share.upperBound - line
            let images = whole && oy == 0 ? min(left, lines) / g.oh : 0
            let count = images > 0 ? images * g.oh : min(left, lines, g.oh - oy)
            let first = image * padded.spanH + oy * g.sh
            let needed = images > 0 ? images * padded.spanH : span(count)
            padded.copy(x, to: own - first * padded.line, fill: fill, lines: first..<first + needed)
            let rows = RowWalk(
                own, columns: g.ow, lines: g.oh, step: g.sw * padded.pixel, lineStep: g.sh * padded.line,
                imageStep: padded.image)
            body(rows, line, count)
            line += count
        }
    }
}
