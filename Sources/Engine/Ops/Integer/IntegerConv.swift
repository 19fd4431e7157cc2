/// y[n, oy, ox, o] = output(b[o] + Σ_ijc (x[n, oy·sh + i·dh - top, ox·sw + j·dw - left, c] - zero) · (w[o, i, j, c] - zw[o])),
/// outside the image x = zero; int32 sums, multiplied by m[o]. Inputs: x [N, H, W, C] int8, w [O, kH, kW, C / groups]
/// int8 or uint8, b [O] int32 or none.
public final class IntegerConv: Op {
    public let window: Window
    public let groups: Int
    public let zero: Int32
    public let weights: IntegerWeights
    public let multipliers: [Float]
    public let output: IntegerOutput

    public init(
        _ window: Window, groups: Int = 1, zero: Int32, weights: IntegerWeights, multipliers: [Float],
        output: IntegerOutput
    ) {
        self.window = window
        self.groups = groups
        self.zero = zero
        self.weights = weights
        self.multipliers = multipliers
        self.output = output
    }

    enum Method { case tiled, depthwise }

    /// How to compute it. Everything below asks here.
    func method(_ x: TensorType, _ w: TensorType) -> Method {
        let channels = x.shape[x.rank - 1]
        return groups == channels && w.shape[0] == channels && groups > 1 && output.dtype == .i8 ? .depthwise : .tiled
    }

    /// Of types that `infer` has checked.
    func geometry(_ x: TensorType, _ w: TensorType) -> ConvGeometry {
        guard let g = try? ConvGeometry(window, x, kernel: IntegerConv.kernel(w)) else {
            preconditionFailure("IntegerConv of unchecked types")
        }
        return g
    }

    private static func kernel(_ w: TensorType) -> (h: Int, w: Int) { (w.rank == 4 ? w.shape[1] : 1, w.shape[w.rank - 2]) }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try require(x.count == 2 || x.count == 3, .shape, "IntegerConv got \(x.count) inputs")
        let (image, w) = (x[0], x[1])
        try require(
            image.dtype == .i8 && (w.dtype == .i8 || w.dtype == .u8) && w.rank == image.rank && w.rank >= 3, .shape,
            "IntegerConv of \(image.description) with weights \(w.description)")
        let g = try ConvGeometry(window, image, kernel: IntegerConv.kernel(w))
        let (o, i) = (w.shape[0], w.shape[w.rank - 1])
        try require(
            i > 0 && o > 0 && i * groups == g.c && o % groups == 0, .shape,
            "IntegerConv of \(image.description) with weights \(w.description) (O, kH, kW, I) in \(groups) groups")
        if x.count > 2 {
            try require(x[2] == TensorType(.i32, [o]), .shape, "the bias is \(x[2].description), wanted int32[\(o)]")
        }
        for count in [weights.zeros.count, multipliers.count] {
            try require(count == 1 || count == o, .shape, "\(count) scales or zero points for \(o) channels")
        }
        let y = TensorType(output.dtype, g.outputShape(channels: o, rank: image.rank))
        for shape in [y.shape, [g.n, g.spanH, g.spanW, g.c]] { _ = try checkedCount(shape) }
        return [y]
    }

    public var packedInputs: [Int] { [1, 2] }

    public func packedBytes(_ x: [TensorType], _ target: Target) -> Int {
        switch method(x[0], x[1]) {
        case .tiled: IntegerConvTiles(self, x[0], x[1], target).packedBytes
        case .depthwise: IntegerConvRows(self, x[0], x[1]).packedBytes
        }
    }

    public func scratchBytes(_ x: [TensorType], _ target: Target) -> Int {
        switch method(x[0], x[1]) {
        case .tiled: IntegerConvTiles(self, x[0], x[1], target).scratchBytes
        case .depthwise: target.workers * IntegerConvRows(self, x[0], x[1]).scratchBytes
        }
    }

    public func pack(_ frame: Frame) {
        let (x, w) = (frame.x[0].type, frame.x[1].type)
        switch method(x, w) {
        case .tiled: IntegerConvTiles(self, x, w, frame.target).pack(frame)
        case .depthwise: IntegerConvRows(self, x, w).pack(frame)
        }
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, w) = (frame.x[0].type, frame.x[1].type)
        switch method(x, w) {
        case .tiled: IntegerConvTiles(self, x, w, frame.target).forward(frame, worker)
        case .depthwise: IntegerConvRows(self, x, w).forward(frame, worker)
        }
    }
}
