import CKernels
import Engine
import Testing

@Suite struct KernelGradientTests {
    private static let counts = (
        rows: [1, 2, 3, 4, 5, 7, 8, 9, 16, 19], columns: [1, 3, 4, 9, 16, 17, 33, 48, 65, 130]
    )

    @Test func outerProductsEqualTheTwin() {
        for kernels in Kernels.available {
            for rows in Self.counts.rows {
                for columns in Self.counts.columns {
                    for (images, lines, points) in [(1, 1, 1), (2, 3, 5), (1, 1, 40), (0, 2, 2)] {
                        func run(_ outer: (UnsafePointer<kn_outer_f32>) -> Void) -> ([Float], Bool) {
                            var numbers = Numbers()
                            let memory = KernelMemory()
                            defer { memory.free() }
                            let a = memory.keep(numbers.floats(max(images, 1) * 130 * rows))
                            let b = memory.keep(numbers.floats(max(images, 1) * 130 * columns))
                            let stride = columns + 3
                            let y = memory.guarded(rows * stride, canary: Float(2))
                            var t = kn_outer_f32(
                                rows: rows, columns: columns, images: images, lines: lines, points: points, a: a,
                                a_image: 60 * rows, a_line: 6 * rows, a_point: rows, b: b, b_image: 60 * columns,
                                b_line: 6 * columns, b_point: columns, y: y.y, y_stride: stride)
                            outer(&t)
                            return (y.values, y.isIntact)
                        }
                        let (y, intact) = run { kernels.outer($0) }
                        let worst = distance(y, run { Twin.outer($0.pointee) }.0)
                        #expect(
                            worst < 1e-5 && intact,
                            "\(kernels.isa.name), \(rows) × \(columns), \(images) · \(lines) · \(points): \(worst)")
                    }
                }
            }
        }
    }

    @Test func depthwiseWeightSumsEqualTheTwin() {
        struct Row {
            let width: Int, kh: Int, kw: Int, stride: Int, dilation: Int, pad: Int, columns: Int, missing: Int
        }
        let rows = [
            Row(width: 9, kh: 3, kw: 3, stride: 1, dilation: 1, pad: 1, columns: 9, missing: -1),
            Row(width: 9, kh: 3, kw: 3, stride: 2, dilation: 1, pad: 0, columns: 5, missing: 2),
            Row(width: 12, kh: 5, kw: 5, stride: 1, dilation: 1, pad: 2, columns: 12, missing: 0),
            Row(width: 7, kh: 2, kw: 7, stride: 1, dilation: 2, pad: 5, columns: 6, missing: -1),
            Row(width: 1, kh: 3, kw: 3, stride: 1, dilation: 1, pad: 1, columns: 1, missing: 1),
        ]
        for kernels in Kernels.available {
            for channels in [1, 3, 8, 15, 16, 17, 24, 40] {
                for row in rows {
                    for count in [channels, channels - 1] where count > 0 {
                        func run(_ depthwise: (UnsafePointer<kn_depthwise_dw_f32>) -> Void) -> ([Float], Bool) {
                            var numbers = Numbers()
                            let memory = KernelMemory()
                            defer { memory.free() }
                            let x = (0..<row.kh).map { i in
                                i == row.missing
                                    ? nil : UnsafePointer(memory.keep(numbers.floats(row.width * channels)))
                            }
                            let y = memory.guarded(row.kh * row.kw * channels, canary: Float(3))
                            var t = kn_depthwise_dw_f32(
                                width: row.width, channels: channels, count: count, kh: row.kh, kw: row.kw,
                                stride: row.stride, dilation: row.dilation, pad: row.pad, columns: row.columns,
                                rows: memory.keep(x), dy: memory.keep(numbers.floats(row.columns * channels)), y: y.y)
                            depthwise(&t)
                            return (y.values, y.isIntact)
                        }
                        let (y, intact) = run { kernels.depthwise($0) }
                        let worst = distance(y, run { Twin.depthwise($0.pointee) }.0)
                        #expect(
                            worst < 1e-5 && intact,
                            "\(kernels.isa.name), \(count) of \(channels) channels, \(row.kh) × \(row.kw): \(worst)")
                    }
                }
            }
        }
    }

    /// What one line of tiles becomes, by `transform`; its arguments are like those of the kernels.
    private func tiles(_ channels: Int, _ size: Int, rows: Int, columns: Int, _ work: (Transforms) -> Void) -> [Float] {
        var numbers = Numbers()
        let memory = KernelMemory()
        defer { memory.free() }
        let (tiles, count) = ((columns + size - 1) / size, (size + 2) * (size + 2))
        let (line, plane) = ((size * tiles + 2) * channels + 5, tiles * channels + 3)
        let x = memory.keep(numbers.floats((size + 2) * line))
        let (v, u) = (memory.guarded(count * plane, canary: Float(7)), memory.guarded(count * plane, canary: Float(7)))
        let (y, sum) = (memory.guarded(size * line, canary: Float(9)), memory.guarded(size * line, canary: Float(1)))
        let bias = memory.keep(numbers.floats(channels))
        func output(_ y: UnsafeMutablePointer<Float>, _ residual: UnsafePointer<Float>?) -> kn_winograd_out {
            kn_winograd_out(
                rows: rows, columns: columns, channels: channels, m: v.y, plane: plane, bias: bias, residual: residual,
                low: -1, high: 40, y: y, line: line)
        }
        work(
            Transforms(
                input: kn_winograd_in(
                    count: tiles, channels: channels, x: x, line: line, v: v.y, plane: plane),
                gradient: kn_winograd_dy(
                    rows: rows, columns: columns, channels: channels, dy: x, line: line, v: u.y, plane: plane),
                outputs: [output(y.y, x), output(sum.y, sum.y)]))
        let intact = v.isIntact && u.isIntact && y.isIntact && sum.isIntact
        return intact ? v.values + u.values + y.values + sum.values : []
    }

    private struct Transforms {
        var input: kn_winograd_in
        var gradient: kn_winograd_dy
        var outputs: [kn_winograd_out]
    }

    @Test func winogradTransformsEqualTheirTwinToTheBit() {
        for kernels in Kernels.available {
            for channels in [1, 3, 4, 7, 8, 16, 21, 32, 40] {
                for (size, rows, columns) in [(2, 2, 6), (2, 1, 5), (4, 4, 8), (4, 3, 5), (4, 1, 6), (4, 2, 3)] {
                    let found = tiles(channels, size, rows: rows, columns: columns) { t in
                        var t = t
                        kernels.winograd(&t.input, size: size)
                        kernels.winograd(&t.gradient, size: size)
                        for i in 0..<2 { kernels.winograd(&t.outputs[i], size: size) }
                    }
                    let twin = tiles(channels, size, rows: rows, columns: columns) { t in
                        if size == 4 {
                            Twin.winograd4(t.input)
                            Twin.winograd4(t.gradient)
                            for y in t.outputs { Twin.winograd4(y) }
                        } else {
                            Twin.winograd(t.input)
                            Twin.winograd(t.gradient)
                            for y in t.outputs { Twin.winograd(y) }
                        }
                    }
                    #expect(
                        found == twin && !found.isEmpty,
                        "\(kernels.isa.name), \(channels) channels, F(\(size)) \(rows) × \(columns)")
                }
            }
        }
    }

    @Test func masksEqualTheTwin() {
        for kernels in Kernels.available {
            for count in [0, 1, 15, 16, 17, 100] {
                for (low, high) in [(Float(0), Float.infinity), (-0.5, 0.5), (-.infinity, 0.25)] {
                    func run(_ mask: (UnsafePointer<kn_mask_f32>) -> Void) -> [Float] {
                        var numbers = Numbers()
                        let memory = KernelMemory()
                        defer { memory.free() }
                        var values = numbers.floats(count).map { min(max($0, low), high) }
                        if count > 3 { values[3] = .nan }
                        let dy = memory.guarded(count, canary: Float(1.5))
                        var t = kn_mask_f32(count: count, y: memory.keep(values), low: low, high: high, dy: dy.y)
                        mask(&t)
                        return dy.values
                    }
                    let y = run { kernels.mask($0) }
                    #expect(y == run { Twin.mask($0.pointee) }, "\(kernels.isa.name), \(count) in \(low) … \(high)")
                }
            }
        }
    }
}
