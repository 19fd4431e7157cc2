/// Along one axis, the positions of a convolution's input that see the same taps, `stride` apart: their gradient is a
/// convolution of the output's gradient with those taps in reverse, at stride 1.
/// Position first + t · stride sees outputs t + m · dilation - pad through taps `tap(m)`, m < taps.
struct ConvPhase {
    let first: Int
    /// Positions.
    let count: Int
    /// 0 where no window touches the positions.
    let taps: Int
    let dilation: Int
    let pad: Int
    private let lastTap: Int
    private let tapStep: Int

    /// The phase of position `first` < stride, on an axis of `size` with windows of `kernel` taps.
    init(_ first: Int, size: Int, kernel: Int, stride: Int, dilation: Int, pad: Int) {
        self.first = first
        count = (size - 1 - first) / stride + 1
        let residue = (first + pad) % stride
        tapStep = stride / ConvPhase.divisor(dilation, stride)
        self.dilation = dilation * tapStep / stride
        var tap = 0
        while tap < min(kernel, tapStep) && tap * dilation % stride != residue { tap += 1 }
        taps = tap < min(kernel, tapStep) ? (kernel - 1 - tap) / tapStep + 1 : 0
        lastTap = tap + (taps - 1) * tapStep
        self.pad = (taps - 1) * self.dilation - (first + pad - tap * dilation) / stride
    }

    func tap(_ m: Int) -> Int { lastTap - m * tapStep }

    /// The greatest common divisor.
    private static func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
}

extension ConvGeometry {
    /// Phases along the height and the width; a position beyond the image has none.
    var rowPhases: Int { min(sh, h) }
    var columnPhases: Int { min(sw, w) }

    func rowPhase(_ i: Int) -> ConvPhase {
        ConvPhase(i, size: h, kernel: kh, stride: sh, dilation: dh, pad: top)
    }

    func columnPhase(_ i: Int) -> ConvPhase {
        ConvPhase(i, size: w, kernel: kw, stride: sw, dilation: dw, pad: left)
    }

    /// What a phase sees of a gradient of `outputs` channels.
    func phase(_ rows: ConvPhase, _ columns: ConvPhase, outputs: Int) -> ConvGeometry {
        ConvGeometry(n, oh, ow, outputs, rows, columns)
    }
}
