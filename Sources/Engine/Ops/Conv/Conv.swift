/// y[n, oy, ox, o] = clamp(b[o] + Σ_ijc x[n, oy·sh + i·dh - top, ox·sw + j·dw - left, c] · w[o, i, j, c] + r, low, high),
/// c over the channels of o's group. Inputs: x [N, H, W, C] (or [N, W, C]), w [O, kH, kW, C / groups], b [O] or none,
/// r like y if `addsResidual`.
public final class Conv: Op {
    public let window: Window
    public let groups: Int
    public let low: Float
    public let high: Float
    public let addsResidual: Bool
    /// y may be off by some 10⁻⁶ of its size: for training, not for the logits of others.
    public let coarse: Bool

    public init(
        _ window: Window, groups: Int = 1, low: Float = -.infinity, high: Float = .infinity, addsResidual: Bool = false,
        coarse: Bool = false
    ) {
        self.window = window
        self.groups = groups
        self.low = low
        self.high = high
        self.addsResidual = addsResidual
        self.coarse = coarse
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
        case .tiled: tiles(x[0], x[1], target).packedBytes
        case .winograd: winograd(x[0], x[1], target).packedBytes
        case .depthwise: (x[1].count + x[1].shape[0]) * 4
        }
    }

    public func scratchBytes(_ x: [TensorType], _ target: Target) -> Int {
        switch method(x[0], x[1]) {
        case .tiled: target.workers * tiles(x[0], x[1], target).ownBytes
        case .winograd: target.workers * winograd(x[0], x[1], target).ownBytes
        case .depthwise: target.workers * ConvRows.bytes(geometry(x[0], x[1]))
        }
    }

    private func tiles(_ x: TensorType, _ w: TensorType, _ target: Target) -> ConvTiles {
        ConvTiles(geometry(x, w), groups: groups, outputs: w.shape[0], low: low, high: high, target)
    }

    private func winograd(_ x: TensorType, _ w: TensorType, _ target: Target) -> ConvWinograd {
        ConvWinograd(
            geometry(x, w), size: coarse ? 4 : 2, outputs: w.shape[0], low: low, high: high, target)
    }

    public func pack(_ frame: Frame) {
        let (x, w) = (frame.x[0].type, frame.x[1].type)
        let (weights, bias) = (UnsafePointer(frame.x[1].f32), frame.x.count > 2 ? UnsafePointer(frame.x[2].f32) : nil)
        let packed = frame.packed.assumingMemoryBound(to: Float.self)
        switch method(x, w) {
        case .tiled: tiles(x, w, frame.target).pack(weights, bias, to: packed)
        case .winograd:
            let c = x.shape[x.rank - 1]
            winograd(x, w, frame.target).pack(weights, tap: c, outStep: 9 * c, inStep: 1, bias: bias, to: packed)
        case .depthwise: ConvRows.pack(frame)
        }
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, w) = (frame.x[0].type, frame.x[1].type)
        let packed = UnsafePointer(frame.packed.assumingMemoryBound(to: Float.self))
        let addend = addsResidual ? UnsafePointer(frame.x[3].f32) : nil
        let (images, y, scratch) = (frame.x[0].base, frame.y[0].f32, frame.scratch)
        switch method(x, w) {
        case .tiled:
            let tiles = tiles(x, w, frame.target)
            let own = scratch + worker.index * tiles.ownBytes
            tiles.compute(images, packed: packed, addend: addend, y: y, own: own, worker)
        case .winograd:
            let winograd = winograd(x, w, frame.target)
            let own = scratch + worker.index * winograd.ownBytes
            winograd.compute(images, packed: packed, addend: addend, y: y, own: own, worker)
        case .depthwise: ConvRows(geometry(x, w)).forward(frame, worker, low, high)
        }
    }

    public var gradient: (any DifferentiableOp)? { self }
}

let convEntry = OpEntry(
    ["Conv"], attributes: Window.attributes + ["group"], layout: .channelsLast([0, 1]), cases: convCases,
    make: { spec throws(KingletError) in
        let groups = try spec.attributes.int("group", 1)
        try require(groups >= 1 && groups <= 1 << 20, .badFile, "group is \(groups)")
        return Conv(try Window(spec.attributes), groups: groups)
    })
