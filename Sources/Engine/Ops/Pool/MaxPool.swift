import CKernels

/// y[n, oy, ox, c] = max over the window of x[n, oy·s + i·d - top, ox·s + j·d - left, c].
/// A second output says where the maximum is: its index in x as ONNX lays it out.
public final class MaxPool: Op {
    public let window: Window
    private let indices: Bool
    private let columnMajor: Bool

    public init(_ window: Window, indices: Bool = false, columnMajor: Bool = false) {
        self.window = window
        self.indices = indices
        self.columnMajor = columnMajor
    }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "MaxPool")
        try checkType(x[0], [.f32, .i8, .u8], "MaxPool")
        let g = try ConvGeometry(window, x[0])
        let shape = g.outputShape(channels: g.c, rank: x[0].rank)
        _ = try checkedCount(shape)
        return indices ? [TensorType(x[0].dtype, shape), TensorType(.i64, shape)] : [TensorType(x[0].dtype, shape)]
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0], frame.y[0])
        guard let g = try? ConvGeometry(window, x.type) else { return }
        let range = worker.share(of: g.n * g.oh * g.ow)
        let kernels = frame.target.kernels
        switch x.type.dtype {
        case .i8:
            pool(g, range, x.i8, y.i8, Int8.min) { x, y, count in
                var rows = kn_max_i8(count: count, channels: g.c, stride: g.dw * g.c, x: x, y: y)
                kernels.max(&rows)
            }
        case .u8:
            pool(g, range, x.u8, y.u8, UInt8.min) { x, y, count in
                for j in 0..<count {
                    let x = x + j * g.dw * g.c
                    for k in 0..<g.c { y[k] = x[k] > y[k] ? x[k] : y[k] }
                }
            }
        default:
            pool(g, range, x.f32, y.f32, -.infinity) { x, y, count in
                var rows = kn_rows_f32(count: count, channels: g.c, stride: g.dw * g.c, x: x, y: y)
                kernels.max(&rows)
            }
        }
        if !indices { return }
        switch x.type.dtype {
        case .i8: find(g, range, x.i8, y.i8, frame.y[1].i64)
        case .u8: find(g, range, x.u8, y.u8, frame.y[1].i64)
        default: find(g, range, x.f32, y.f32, frame.y[1].i64)
        }
    }

    /// `fold` takes the maximum of y and a line of `count` window places.
    @inline(__always)
    private func pool<T>(
        _ g: ConvGeometry, _ range: Range<Int>, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ lowest: T,
        _ fold: (UnsafePointer<T>, UnsafeMutablePointer<T>, Int) -> Void
    ) {
        for index in range {
            let taps = Taps(g, index)
            let column = taps.ox * g.sw - g.left + taps.columns.lowerBound * g.dw
            let y = y + index * g.c
            for k in 0..<g.c { y[k] = lowest }
            if taps.columns.isEmpty { continue }
            for i in taps.rows {
                let row = taps.n * g.h + taps.oy * g.sh - g.top + i * g.dh
                fold(x + (row * g.w + column) * g.c, y, taps.columns.count)
            }
        }
    }

    /// The first place of the window that holds the maximum.
    @inline(__always)
    private func find<T: Comparable>(
        _ g: ConvGeometry, _ range: Range<Int>, _ x: UnsafePointer<T>, _ y: UnsafePointer<T>,
        _ at: UnsafeMutablePointer<Int64>
    ) {
        for index in range {
            let taps = Taps(g, index)
            let (y, at) = (y + index * g.c, at + index * g.c)
            for k in 0..<g.c {
                at[k] = 0
                search: for i in taps.rows {
                    for j in taps.columns {
                        let (iy, ix) = (taps.oy * g.sh + i * g.dh - g.top, taps.ox * g.sw + j * g.dw - g.left)
                        if x[((taps.n * g.h + iy) * g.w + ix) * g.c + k] == y[k] {
                            let plane = columnMajor ? ix * g.h + iy : iy * g.w + ix
                            at[k] = Int64((taps.n * g.c + k) * g.h * g.w + plane)
                            break search
                        }
                    }
                }
            }
        }
    }
}

let maxPoolEntry = OpEntry(
    ["MaxPool"], attributes: Window.attributes + ["ceil_mode", "storage_order"], layout: .channelsLast([0]),
    cases: poolCases() + poolCases(.i8) + poolCases(.u8) + [
        OpCase("indices", [TensorType(.f32, [2, 6, 5, 4])], ["kernel_shape": .ints([3, 2])], outputCount: 2),
        OpCase(
            "indices, column-major", [TensorType(.f32, [1, 6, 5, 4])],
            ["kernel_shape": .ints([2, 2]), "storage_order": .int(1)],
            outputCount: 2),
    ],
    make: { spec throws(KingletError) in
        let window = try Window(spec.attributes, ceil: try spec.attributes.int("ceil_mode", 0) != 0)
        let columnMajor = try spec.attributes.int("storage_order", 0) != 0
        return MaxPool(window, indices: spec.outputCount > 1, columnMajor: columnMajor)
    })
