/// y[n, oy, ox, o] = clamp(b[o] + Σ_ijc x[n, oy·sh + i·dh - top, ox·sw + j·dw - left, c] · w[o, i, j, c] + r, low, high),
/// c over the channels of o's group. Inputs: x [N, H, W, C] (or [N, W, C]), w [O, kH, kW, C / groups], b [O] or none,
/// r like y if `addsResidual`.
public final class Conv: Op {
    public let window: Window
    public let groups: Int
    public let low: Float
    public let high: Float
    public let addsResidual: Bool

    public init(
        _ window: Window, groups: Int = 1, low: Float = -.infinity, high: Float = .infinity, addsResidual: Bool = false
    ) {
        self.window = window
        self.groups = groups
        self.low = low
        self.high = high
        self.addsResidual = addsResidual
    }

    enum Method { case tiled, depthwise, winograd }

    /// How to compute it. Everything below asks here.
    func method(_ x: TensorType, _ w: TensorType) -> Method {
        let channels = x.shape[x.rank - 1]
        if groups == channels && w.shape[0] == channels && groups > 1 && !addsResidual { return .depthwise }
        return ConvWinograd.pays(geometry(x, w), groups: groups, outputs: w.shape[0]) ? .winograd : .tiled
    }

    /// Of types that `infer` has checked.
    func geometry(_ x: TensorType, _ w: TensorType) -> ConvGeometry {
        guard let g = try? ConvGeometry(window, x, kernel: Conv.kernel(w)) else {
            preconditionFailure("Conv of unchecked types")
        }
        return g
    }

    private static func kernel(_ w: TensorType) -> (h: Int, w: Int) {
        (w.rank == 4 ? w.shape[1] : 1, w.shape[w.rank - 2])
    }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        let most = addsResidual ? 4 : 3
        try require(x.count >= (addsResidual ? 4 : 2) && x.count <= most, .shape, "Conv got \(x.count) inputs")
        for t in x { try require(t.dtype == .f32, .unsupported, "Conv of \(t.dtype.name), wanted float32") }
        let (image, w) = (x[0], x[1])
        try require(
            w.rank == image.rank && w.rank >= 3, .shape, "Conv of \(image.description) with weights \(w.description)")
        let g = try ConvGeometry(window, image, kernel: Conv.kernel(w))
        let (o, i) = (w.shape[0], w.shape[w.rank - 1])
        try require(
            i > 0 && o > 0 && i * groups == g.c && o % groups == 0, .shape,
            "Conv of \(image.description) with weights \(w.description) (O, kH, kW, I) in \(groups) groups")
        if x.count > 2 {
            try require(x[2].shape == [o], .shape, "the bias is \(x[2].description), wanted [\(o)]")
        }
        let y = TensorType(.f32, g.outputShape(channels: o, rank: image.rank))
        if addsResidual { try require(x[3] == y, .shape, "the addend is \(x[3].description), wanted \(y.description)") }
        for shape in [y.shape, [g.n, g.spanH, g.spanW, g.c]] { _ = try checkedCount(shape) }
        return [y]
    }

    public var packedInputs: [Int] { [1, 2] }

    public func packedBytes(_ x: [TensorType], _ target: Target) -> Int {
        switch method(x[0], x[1]) {
        case .tiled: ConvTiles(self, x[0], x[1], target).packedBytes
        case .winograd: ConvWinograd(self, x[0], x[1], target).packedBytes
        case .depthwise: (x[1].count + x[1].shape[0]) * 4
        }
    }

    public func scratchBytes(_ x: [TensorType], _ target: Target) -> Int {
        switch method(x[0], x[1]) {
        case .tiled: ConvTiles(self, x[0], x[1], target).scratchBytes
        case .winograd: ConvWinograd(self, x[0], x[1], target).scratchBytes
        case .depthwise: target.workers * ConvRows.bytes(geometry(x[0], x[1]))
        }
    }

    public func pack(_ frame: Frame) {
        let (x, w) = (frame.x[0].type, frame.x[1].type)
        switch method(x, w) {
        case .tiled: ConvTiles(self, x, w, frame.target).pack(frame)
        case .winograd: ConvWinograd(self, x, w, frame.target).pack(frame)
        case .depthwise: ConvRows.pack(frame)
        }
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, w) = (frame.x[0].type, frame.x[1].type)
        switch method(x, w) {
        case .tiled: ConvTiles(self, x, w, frame.target).forward(frame, worker)
        case .winograd: ConvWinograd(self, x, w, frame.target).forward(frame, worker)
        case .depthwise: ConvRows(geometry(x, w)).forward(frame, worker, low, high)
        }
    }
}

let convEntry = OpEntry(
    ["Conv"], attributes: Window.attributes + ["group"], layout: .channelsLast([0, 1]), cases: convCases,
    make: { spec throws(KingletError) in
        let groups = try spec.attributes.int("group", 1)
        try require(groups >= 1 && groups <= 1 << 20, .badFile, "group is \(groups)")
        return Conv(try Window(spec.attributes), groups: groups)
    })
