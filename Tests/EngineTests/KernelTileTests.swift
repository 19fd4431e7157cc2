import CKernels
import Engine
import Testing

/// Rows and columns of a product, and the runs that its sums are made of.
private struct Shape {
    let rows: Int
    let columns: Int
    let segments: Int
    let run: Int

    var name: String { "\(rows)×\(columns), \(segments) runs of \(run)" }
    /// Elements between rows of a; its segments lie apart.
    var pitch: Int { segments * (run + 5) }
    var offsets: [Int] { (0..<segments).map { $0 * (run + 5) } }
    var stride: Int { columns + 3 }
    func padded(_ nr: Int) -> Int { (columns + nr - 1) / nr * nr }
}

private let shapes: [Shape] = {
    var all: [Shape] = []
    for rows in 1...17 {
        for columns in [1, 7, 16, 17, 24, 32, 33, 65, 130] {
            all.append(Shape(rows: rows, columns: columns, segments: 1 + rows % 3, run: 1 + columns % 11))
        }
    }
    // Where the sums of one block end among the next one's.
    for rows in [12, 23, 50] {
        for columns in [32, 40, 97] {
            for run in [10, 23, 24, 45, 48, 70] {
                all.append(Shape(rows: rows, columns: columns, segments: 1 + run % 2, run: run))
            }
        }
    }
    all.append(Shape(rows: 49, columns: 70, segments: 1, run: 32))
    all.append(Shape(rows: 3, columns: 10, segments: 3, run: 0))
    all.append(Shape(rows: 3, columns: 10, segments: 0, run: 4))
    return all
}()

@Suite struct KernelTileTests {
    @Test func f32TilesEqualTheTwin() {
        for kernels in Kernels.available {
            let nr = kernels.f32Tile.nr
            for shape in shapes {
                let (y, intact) = f32(shape, nr) { kernels.tile($0) }
                let (twin, _) = f32(shape, nr) { Twin.tile($0.pointee, nr: nr) }
                let worst = distance(y, twin)
                #expect(worst < 1e-5 && intact, "\(kernels.isa.name) \(shape.name): \(worst)")
            }
        }
    }

    @Test func i8TilesEqualTheTwinExactly() {
        for kernels in Kernels.available {
            let nr = kernels.i8Tile.nr
            for shape in shapes {
                for (scale, least) in [(1e-4, true), (3, true), (1e-4, false)] as [(Float, Bool)] {
                    let limits: ClosedRange<Int32> = least ? -100...120 : -128...127
                    let (bytes, floats, intact) = i8(shape, nr, scale, least, limits) { kernels.tile($0) }
                    let twin = i8(shape, nr, scale, least, limits) {
                        Twin.tile($0.pointee, nr: nr, unsignedA: kernels.unsignedA)
                    }
                    let same = bytes == twin.bytes && floats == twin.floats
                    #expect(same && intact, "\(kernels.isa.name) \(shape.name), scale \(scale), least \(least)")
                }
            }
        }
    }

    private func f32(
        _ s: Shape, _ nr: Int, _ compute: (UnsafePointer<kn_tile_f32>) -> Void
    ) -> (y: [Float], intact: Bool) {
        var numbers = Numbers()
        let memory = KernelMemory()
        defer { memory.free() }
        let a = memory.keep(numbers.floats(s.rows * s.pitch))
        let depth = s.segments * s.run
        let b = memory.keep([Float](repeating: 0, count: depth * s.padded(nr)))
        for k in 0..<depth {
            for j in 0..<s.columns { b[j / nr * nr * depth + k * nr + j % nr] = numbers.float() }
        }
        let more = memory.keep(numbers.floats(s.rows * s.stride))
        let y = memory.guarded(s.rows * s.stride, canary: Float(123))
        var t = kn_tile_f32(
            rows: s.rows, columns: s.columns, segments: s.segments, run: s.run,
            a: memory.keep((0..<s.rows).map { UnsafePointer(a + $0 * s.pitch) }), offset: memory.keep(s.offsets), b: b,
            bias: memory.keep(numbers.floats(s.padded(nr))), residual: s.columns % 2 == 1 ? UnsafePointer(more) : nil,
            residual_stride: s.stride, low: -1.5, high: 2.5, y: y.y, y_stride: s.stride)
        compute(&t)
        return (y.values, y.isIntact)
    }

    private func i8(
        _ s: Shape, _ nr: Int, _ scale: Float, _ least: Bool, _ limits: ClosedRange<Int32>,
        _ compute: (UnsafePointer<kn_tile_i8>) -> Void
    ) -> (bytes: [Int8], floats: [Float], intact: Bool) {
        var numbers = Numbers()
        let memory = KernelMemory()
        defer { memory.free() }
        let run4 = (s.run + 3) / 4
        // Half of the bytes at the end of their range, where sums are at theirs.
        let a = memory.keep(numbers.bytes(s.rows * s.pitch + 4).map { $0 & 1 == 0 ? -128 : $0 })
        let depth = s.segments * run4
        func weight() -> Int8 {
            let w = numbers.byte()
            return w < -64 ? (least ? -128 : -127) : w
        }
        let b = memory.keep([Int8](repeating: 0, count: depth * 4 * s.padded(nr)))
        for k in 0..<s.segments * s.run {
            let group = k / s.run * run4 + k % s.run / 4
            for j in 0..<s.columns {
                b[(j / nr * nr * depth + group * nr + j % nr) * 4 + k % s.run % 4] = weight()
            }
        }
        // One sum in eight begins near the end of its range and wraps.
        let bias = (0..<s.padded(nr)).map { _ in
            let bits = numbers.next()
            return bits % 8 == 0 ? Int32.max - 100 : Int32(bits / 8 % 20000) - 10000
        }
        let bytes = memory.guarded(s.rows * s.stride, canary: Int8(77))
        let floats = memory.guarded(s.rows * s.stride, canary: Float(77))
        var t = kn_tile_i8(
            rows: s.rows, columns: s.columns, segments: s.segments, run4: run4,
            a: memory.keep((0..<s.rows).map { UnsafePointer(a + $0 * s.pitch) }), offset: memory.keep(s.offsets), b: b,
            has_least: least ? 1 : 0, bias: memory.keep(bias),
            scale: memory.keep(numbers.floats(s.padded(nr)).map { ($0 + 1.5) * scale }),
            zero: -7, low: limits.lowerBound, high: limits.upperBound, y: bytes.y, y_f32: nil, y_stride: s.stride)
        compute(&t)
        t.y_f32 = floats.y
        compute(&t)
        return (bytes.values, floats.values, bytes.isIntact && floats.isIntact)
    }
}
