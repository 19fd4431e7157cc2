import CKernels

/// y[n, oy, ox, c] = max_ij x[n, oy·sh + i·dh - top, ox·sw + j·dw - left, c] over pixels inside the image, of int8 x in any
/// scale, which y keeps.
public final class IntegerMaxPool: Op {
    let window: Window

    public init(_ window: Window) { self.window = window }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try require(x.count == 1 && x[0].dtype == .i8, .shape, "IntegerMaxPool takes one int8 image")
        let g = try ConvGeometry(window, x[0])
        let y = TensorType(.i8, g.outputShape(channels: g.c, rank: x[0].rank))
        _ = try checkedCount(y.shape)
        return [y]
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        guard let g = try? ConvGeometry(window, frame.x[0].type) else { return }
        for l in worker.share(of: g.n * g.oh) {
            let image = frame.x[0].i8 + l / g.oh * g.h * g.w * g.c
            for ox in 0..<g.ow {
                let to = frame.y[0].i8 + (l * g.ow + ox) * g.c
                for c in 0..<g.c { to[c] = -128 }
                for i in 0..<g.kh {
                    let row = l % g.oh * g.sh - g.top + i * g.dh
                    if row < 0 || row >= g.h { continue }
                    for j in 0..<g.kw {
                        let column = ox * g.sw - g.left + j * g.dw
                        if column < 0 || column >= g.w { continue }
                        var call = kn_max_i8(
                            count: 1, channels: g.c, stride: g.c, x: image + (row * g.w + column) * g.c, y: to)
                        frame.target.kernels.max(&call)
                    }
                }
            }
        }
    }
}
