/// Where the rows of a left-hand matrix begin: row m is window (image, oy, ox) of a convolution, in that order.
/// A plain matrix is one line of windows.
struct RowWalk {
    let base: UnsafeRawPointer
    /// Windows in a line, lines in an image.
    let columns: Int
    let lines: Int
    /// Bytes from one window, line and image to the next.
    let step: Int
    let lineStep: Int
    let imageStep: Int

    init(_ base: UnsafeRawPointer, columns: Int, lines: Int, step: Int, lineStep: Int, imageStep: Int) {
        self.base = base
        self.columns = columns
        self.lines = lines
        self.step = step
        self.lineStep = lineStep
        self.imageStep = imageStep
    }

    /// `count` rows, `step` bytes apart.
    init(_ base: UnsafeRawPointer, count: Int, step: Int) {
        self.init(base, columns: count, lines: 1, step: step, lineStep: 0, imageStep: 0)
    }

    /// The same walk from another beginning.
    func moved(by bytes: Int) -> RowWalk {
        RowWalk(base + bytes, columns: columns, lines: lines, step: step, lineStep: lineStep, imageStep: imageStep)
    }

    /// Writes the addresses of rows `first ..< first + count`.
    func fill(_ to: UnsafeMutablePointer<UnsafeRawPointer>, first: Int, count: Int) {
        var column = first % columns
        var line = first / columns % lines
        var start = base + first / (columns * lines) * imageStep
        var i = 0
        while i < count {
            let end = min(i + columns - column, count)
            var at = start + line * lineStep + column * step
            while i < end {
                to[i] = at
                at += step
                i += 1
            }
            (column, line) = (0, line + 1)
            if line == lines {
                line = 0
                start += imageStep
            }
        }
    }
}
