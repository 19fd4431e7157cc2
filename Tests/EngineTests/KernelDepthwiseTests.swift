import CKernels
import Engine
import Testing

private struct Row {
    var width: Int
    var channels: Int
    var kh = 3
    var kw = 3
    var stride = 1
    var dilation = 1
    var pad = 1
    /// Rows of the window that lie outside the image.
    var missing: [Int] = []

    var name: String {
        "width \(width), \(channels) channels, \(kh)×\(kw), stride \(stride), dilation \(dilation), pad \(pad), "
            + "without \(missing)"
    }
    var columns: Int { max(1, (width + 2 * pad - (kw - 1) * dilation - 1) / stride + 1) }
}

private let rows: [Row] = {
    var all: [Row] = []
    for channels in [1, 3, 7, 8, 12, 16, 17, 24, 32, 40, 63, 64, 80, 100, 130] {
        for stride in 1...3 {
            all.append(Row(width: 5 + channels % 9, channels: channels, stride: stride))
            all.append(Row(width: 14, channels: channels, stride: stride, pad: 0, missing: [2]))
        }
        all.append(Row(width: 9, channels: channels, missing: [0]))
        all.append(Row(width: 9, channels: channels, missing: [0, 2]))
        all.append(Row(width: 9, channels: channels, missing: [0, 1, 2]))
        all.append(Row(width: 1, channels: channels))
        all.append(Row(width: 2, channels: channels, stride: 2))
        all.append(Row(width: 12, channels: channels, kh: 5, kw: 5, pad: 2, missing: [4]))
        all.append(Row(width: 13, channels: channels, kh: 7, kw: 5, stride: 2, pad: 3))
        all.append(Row(width: 13, channels: channels, dilation: 2, pad: 2))
        all.append(Row(width: 11, channels: channels, kh: 1, kw: 4, pad: 0))
        all.append(Row(width: 12, channels: channels, kh: 2, kw: 2, pad: 1))
        all.append(Row(width: 10, channels: channels, kh: 2, kw: 1, pad: 0))
        all.append(Row(width: 11, channels: channels, kh: 2, kw: 3, pad: -2))
        all.append(Row(width: 4, channels: channels, kh: 3, kw: 3, pad: 5))
    }
    return all
}()

@Suite struct KernelDepthwiseTests {
    @Test func f32DepthwiseEqualsTheTwin() {
        for kernels in Kernels.available {
            for row in rows {
                let (y, intact) = f32(row) { kernels.depthwise($0) }
                let (twin, _) = f32(row) { Twin.depthwise($0.pointee) }
                let worst = distance(y, twin)
                #expect(worst < 1e-5 && intact, "\(kernels.isa.name) \(row.name): \(worst)")
            }
        }
    }

    @Test func i8DepthwiseEqualsTheTwinExactly() {
        for kernels in Kernels.available {
            for row in rows {
                // Some kernels multiply faster where no weight is -128.
                for (zero, least) in [(-128, -128), (0, -128), (127, -127), (-5, -127)] as [(Int32, Int8)] {
                    let (y, intact) = i8(row, zero, least) { kernels.depthwise($0) }
                    let (twin, _) = i8(row, zero, least) { Twin.depthwise($0.pointee) }
                    #expect(y == twin && intact, "\(kernels.isa.name) \(row.name), zero \(zero), weights from \(least)")
                }
            }
        }
    }

    private func f32(
        _ r: Row, _ compute: (UnsafePointer<kn_depthwise_f32>) -> Void
    ) -> (y: [Float], intact: Bool) {
        var numbers = Numbers()
        let memory = KernelMemory()
        defer { memory.free() }
        let lines = (0..<r.kh).map { i -> UnsafePointer<Float>? in
            r.missing.contains(i) ? nil : UnsafePointer(memory.keep(numbers.floats(r.width * r.channels)))
        }
        let step = r.channels + r.width % 3
        let y = memory.guarded(r.columns * step, canary: Float(123))
        var t = kn_depthwise_f32(
            width: r.width, channels: r.channels, kh: r.kh, kw: r.kw, stride: r.stride, dilation: r.dilation,
            pad: r.pad, columns: r.columns, rows: memory.keep(lines),
            w: memory.keep(numbers.floats(r.kh * r.kw * r.channels)), bias: memory.keep(numbers.floats(r.channels)),
            low: -1, high: 1.5, y: y.y, y_step: step)
        compute(&t)
        return (y.values, y.isIntact)
    }

    private func i8(
        _ r: Row, _ zero: Int32, _ least: Int8, _ compute: (UnsafePointer<kn_depthwise_i8>) -> Void
    ) -> (y: [Int8], intact: Bool) {
        var numbers = Numbers()
        let memory = KernelMemory()
        defer { memory.free() }
        // The large one leaves the range of int32.
        let scale: Float = zero == 0 ? 30_000 : 0.003
        let lines = (0..<r.kh).map { i -> UnsafePointer<Int8>? in
            r.missing.contains(i) ? nil : UnsafePointer(memory.keep(numbers.bytes(r.width * r.channels)))
        }
        let y = memory.guarded(r.columns * r.channels, canary: Int8(77))
        var t = kn_depthwise_i8(
            width: r.width, channels: r.channels, kh: r.kh, kw: r.kw, stride: r.stride, dilation: r.dilation,
            pad: r.pad, columns: r.columns, rows: memory.keep(lines),
            w: memory.keep(numbers.bytes(r.kh * r.kw * r.channels).map { max($0, least) }),
            bias: memory.keep((0..<r.channels).map { _ in Int32(numbers.next() % 4000) - 2000 }),
            scale: memory.keep(numbers.floats(r.channels).map { ($0 + 1.01) * scale }), x_zero: zero, zero: 5,
            low: -120, high: 110, y: y.y)
        compute(&t)
        return (y.values, y.isIntact)
    }
}
