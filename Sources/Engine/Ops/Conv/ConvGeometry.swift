/// Where every window of a convolution or pooling lies on images [n, h, w, c]; a sequence [n, w, c] has h = 1.
/// Output (oy, ox) sees rows oy · sh + i · dh - top, i < kh, and columns ox · sw + j · dw - left, j < kw.
public struct ConvGeometry: Sendable, Equatable {
    public let n: Int
    public let h: Int
    public let w: Int
    public let c: Int
    public let kh: Int
    public let kw: Int
    public let sh: Int
    public let sw: Int
    public let dh: Int
    public let dw: Int
    public let top: Int
    public let left: Int
    public let bottom: Int
    public let right: Int
    public let oh: Int
    public let ow: Int

    /// `kernel`: the size from the weights; without it `kernel_shape` decides. Allocates nothing unless it throws.
    public init(_ window: Window, _ x: TensorType, kernel: (h: Int, w: Int)? = nil) throws(KingletError) {
        let rank = x.rank
        try require(
            rank == 4 || rank == 3, .unsupported, "the input is \(x.description), wanted an image or a sequence")
        if let axes = window.axes {
            try require(
                axes == rank - 2, .shape, "attributes for \(axes) spatial axes, but the input is \(x.description)")
        }
        n = x.shape[0]
        h = rank == 4 ? x.shape[1] : 1
        w = x.shape[rank - 2]
        c = x.shape[rank - 1]
        kh = kernel?.h ?? window.kh
        kw = kernel?.w ?? window.kw
        try require(kh > 0 && kw > 0 && kh <= 1 << 15 && kw <= 1 << 15, .shape, "the kernel is \(kh) × \(kw)")
        if kernel != nil && window.kw > 0 {
            try require(
                kh == window.kh && kw == window.kw, .shape,
                "kernel_shape is \(window.kh) × \(window.kw), but the weights are \(kh) × \(kw)")
        }
        (sh, sw, dh, dw) = (window.sh, window.sw, window.dh, window.dw)
        let rows = window.slide(h, kh, sh, dh, window.top, window.bottom)
        let columns = window.slide(w, kw, sw, dw, window.left, window.right)
        (top, bottom, oh) = rows
        (left, right, ow) = columns
        try require(
            oh > 0 && ow > 0, .shape, "a \(kh) × \(kw) window does not fit into the input \(x.description)")
    }

    /// Windows of `rows` and `columns` on images [n, h, w, c]: what one phase of a gradient sees. Pads may be negative.
    init(_ n: Int, _ h: Int, _ w: Int, _ c: Int, _ rows: ConvPhase, _ columns: ConvPhase) {
        (self.n, self.h, self.w, self.c) = (n, h, w, c)
        (kh, kw, sh, sw, dh, dw) = (rows.taps, columns.taps, 1, 1, rows.dilation, columns.dilation)
        (top, left, bottom, right) = (rows.pad, columns.pad, 0, 0)
        (oh, ow) = (rows.count, columns.count)
    }

    /// Rows and columns from the first to the last that any window sees, padding included.
    public var spanH: Int { (oh - 1) * sh + (kh - 1) * dh + 1 }
    public var spanW: Int { (ow - 1) * sw + (kw - 1) * dw + 1 }
    /// No window leaves the image.
    public var isInside: Bool { top == 0 && left == 0 && spanH <= h && spanW <= w }
    public var isPointwise: Bool { kh == 1 && kw == 1 }

    /// [n, oh, ow, channels], without oh for a sequence.
    public func outputShape(channels: Int, rank: Int) -> [Int] {
        rank == 4 ? [n, oh, ow, channels] : [n, ow, channels]
    }
}
