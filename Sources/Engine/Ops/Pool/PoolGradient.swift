/// A worker's share of the gradient of a pooling: some channels of some images, so that windows that overlap add up
/// in one order.
struct PoolShare {
    let g: ConvGeometry
    private let units: Range<Int>
    private let blocks: Int
    private static let block = 16

    init(_ g: ConvGeometry, _ worker: Worker) {
        self.g = g
        blocks = (g.c + PoolShare.block - 1) / PoolShare.block
        units = worker.share(of: g.n * blocks)
    }

    /// Calls `body` with each image and the channels of it that are this worker's.
    @inline(__always)
    func images(_ body: (_ n: Int, _ channels: Range<Int>) -> Void) {
        var unit = units.lowerBound
        while unit < units.upperBound {
            let n = unit / blocks
            let end = min((n + 1) * blocks, units.upperBound)
            body(n, (unit - n * blocks) * PoolShare.block..<min((end - n * blocks) * PoolShare.block, g.c))
            unit = end
        }
    }

    /// Zeros this share of dx.
    func clear(_ dx: UnsafeMutablePointer<Float>) {
        images { n, channels in
            for i in 0..<g.h * g.w {
                let pixel = dx + (n * g.h * g.w + i) * g.c
                (pixel + channels.lowerBound).update(repeating: 0, count: channels.count)
            }
        }
    }

    /// Calls `body` with every output pixel, the part of its window on the image and the channels of this share.
    @inline(__always)
    func windows(_ body: (_ index: Int, _ taps: Taps, _ channels: Range<Int>) -> Void) {
        images { n, channels in
            for index in n * g.oh * g.ow..<(n + 1) * g.oh * g.ow { body(index, Taps(g, index), channels) }
        }
    }

    /// The pixel of x under window place (i, j).
    @inline(__always)
    func pixel(_ taps: Taps, _ i: Int, _ j: Int) -> Int {
        ((taps.n * g.h + taps.oy * g.sh + i * g.dh - g.top) * g.w + taps.ox * g.sw + j * g.dw - g.left) * g.c
    }
}

extension MaxPool: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }

    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps {
        wants[0] ? Keeps(inputs: [0], outputs: [0]) : Keeps()
    }

    /// The first place of a window that holds its maximum gets all of dy.
    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        guard let view = frame.dx[0], let g = try? ConvGeometry(window, view.type) else { return }
        let (x, y, dy, dx) = (frame.x[0].f32, frame.y[0].f32, frame.dy[0].f32, view.f32)
        let share = PoolShare(g, worker)
        if !frame.adds[0] { share.clear(dx) }
        let zero = F8(repeating: 0)
        share.windows { index, taps, channels in
            var k = channels.lowerBound
            while k < channels.upperBound {
                let (top, n) = (load(y + index * g.c + k), channels.upperBound - k)
                // What is left of dy: nothing once its place is found.
                var left = load(dy + index * g.c + k)
                for i in taps.rows {
                    for j in taps.columns {
                        let place = share.pixel(taps, i, j) + k
                        let here = load(x + place) .== top
                        let sum = load(dx + place) + zero.replacing(with: left, where: here)
                        left = left.replacing(with: zero, where: here)
                        if n >= 8 { store(sum, dx + place) } else { store(sum, dx + place, first: n) }
                    }
                }
                k += 8
            }
        }
    }
}

extension AveragePool: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps() }

    /// Every place of a window on the image gets the same part of dy.
    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        guard let view = frame.dx[0], let g = try? ConvGeometry(window, view.type) else { return }
        let (dy, dx) = (frame.dy[0].f32, view.f32)
        let share = PoolShare(g, worker)
        if !frame.adds[0] { share.clear(dx) }
        share.windows { index, taps, channels in
            let divisor = F8(repeating: divisor(g, taps))
            var k = channels.lowerBound
            while k < channels.upperBound {
                let (part, n) = (load(dy + index * g.c + k) / divisor, channels.upperBound - k)
                for i in taps.rows {
                    for j in taps.columns {
                        let place = dx + share.pixel(taps, i, j) + k
                        if n >= 8 {
                            store(load(place) + part, place)
                        } else {
                            store(load(place) + part, place, first: n)
                        }
                    }
                }
                k += 8
            }
        }
    }
}
