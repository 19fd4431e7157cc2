import CKernels
import Engine
import Testing

@Suite struct KernelResampleTests {
    @Test func resizedRowsEqualTheTwin() {
        for kernels in Kernels.available {
            for (columns, taps) in [(1, 1), (2, 3), (7, 4), (16, 5), (33, 9), (5, 70)] {
                let (y, intact) = rows(columns, taps) { kernels.resample($0) }
                let (twin, _) = rows(columns, taps) { Twin.resample($0.pointee) }
                #expect(y == twin && intact, "\(kernels.isa.name), \(columns) columns, \(taps) taps")
            }
        }
    }

    @Test func resizedColumnsEqualTheTwin() {
        for kernels in Kernels.available {
            for bytes in [1, 15, 16, 31, 32, 33, 96, 201] {
                for taps in [1, 2, 5, 30] {
                    let (y, intact) = column(bytes, taps) { kernels.resample($0) }
                    let (twin, _) = column(bytes, taps) { Twin.resample($0.pointee) }
                    #expect(y == twin && intact, "\(kernels.isa.name), \(bytes) bytes, \(taps) taps")
                }
            }
        }
    }

    /// Three rows, each output of one to `taps` pixels.
    private func rows(
        _ columns: Int, _ taps: Int, _ compute: (UnsafePointer<kn_resample_row>) -> Void
    ) -> (y: [UInt8], intact: Bool) {
        var numbers = Numbers()
        let memory = KernelMemory()
        defer { memory.free() }
        let width = columns + taps
        let x = memory.keep(pixels(3 * 3 * width + 16, &numbers))
        let count = (0..<columns).map { $0 % taps + 1 }
        let y = memory.guarded(3 * 3 * columns, canary: UInt8(77))
        var t = kn_resample_row(
            rows: 3, columns: columns, x: x, x_stride: 3 * width, first: memory.keep((0..<columns).map { $0 }),
            count: memory.keep(count), taps: taps,
            weights: memory.keep(count.flatMap { weights($0, taps, &numbers) }),
            room: UnsafeMutableRawPointer(mutating: memory.keep([Int64](repeating: 0, count: 2 * columns * ((taps + 3) / 4)))),
            y: y.y, y_stride: 3 * columns)
        compute(&t)
        return (y.values, y.isIntact)
    }

    private func column(
        _ bytes: Int, _ taps: Int, _ compute: (UnsafePointer<kn_resample_column>) -> Void
    ) -> (y: [UInt8], intact: Bool) {
        var numbers = Numbers()
        let memory = KernelMemory()
        defer { memory.free() }
        let y = memory.guarded(bytes, canary: UInt8(77))
        var t = kn_resample_column(
            bytes: bytes, count: taps, x: memory.keep(pixels(taps * (bytes + 2), &numbers)), x_stride: bytes + 2,
            weights: memory.keep(weights(taps, taps, &numbers)), y: y.y)
        compute(&t)
        return (y.values, y.isIntact)
    }

    /// Half of them at an end of their range.
    private func pixels(_ count: Int, _ numbers: inout Numbers) -> [UInt8] {
        numbers.bytes(count).map { $0 & 1 == 0 ? ($0 & 2 == 0 ? 0 : 255) : UInt8(bitPattern: $0) }
    }

    /// `count` weights that add up to one, then zeros up to `taps`.
    private func weights(_ count: Int, _ taps: Int, _ numbers: inout Numbers) -> [Int32] {
        let parts = (0..<count).map { _ in Double(numbers.next() % 1000) + 1 }
        let sum = parts.reduce(0, +)
        return parts.map { Int32(0.5 + $0 / sum * Double(1 << 22)) } + [Int32](repeating: 0, count: taps - count)
    }
}
