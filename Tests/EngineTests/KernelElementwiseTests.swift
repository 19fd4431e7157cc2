import CKernels
import Engine
import Testing

private let counts = Array(0...40) + [63, 64, 65, 100]

@Suite struct KernelElementwiseTests {
    @Test func roundingIsHalfToEvenAndSaturates() {
        let cases: [(Float, Int32, Int8)] = [
            (0.5, 0, 0), (1.5, 0, 2), (2.5, 0, 2), (-0.5, 0, 0), (-1.5, 0, -2), (-2.5, 1, -1), (126.5, 0, 126),
            (127.5, 0, 127), (1e30, -128, 127), (-1e30, 127, -128), (.infinity, 3, 127), (-.infinity, 3, -128),
            (.nan, 3, -128), (127.4, 0, 127), (0.4999999, 0, 0), (254.5, -128, 126), (255.5, -128, 127),
        ]
        for kernels in Kernels.available {
            for (x, zero, wanted) in cases {
                let memory = KernelMemory()
                let y = memory.guarded(33, canary: Int8(1))
                var t = kn_quantize(
                    count: 33, x: memory.keep([Float](repeating: x, count: 33)), scale: 1, zero: zero, low: -128,
                    high: 127, y: y.y)
                kernels.quantize(&t)
                #expect(y.values == [Int8](repeating: wanted, count: 33), "\(kernels.isa.name) \(x) + \(zero)")
                memory.free()
            }
        }
        #expect(requantize(Int32.max, 1e-3, zero: -5) == 127)
        #expect(requantize(5, 0.5, zero: 1) == 3)
        #expect(requantize(Int32.min, 1, zero: 127, low: -7) == -7)
    }

    @Test func elementwiseKernelsEqualTheTwin() {
        for kernels in Kernels.available {
            for n in counts {
                #expect(floats(n, kernels) == floats(n, nil), "\(kernels.isa.name), \(n) floats")
                #expect(bytes(n, kernels) == bytes(n, nil), "\(kernels.isa.name), \(n) bytes")
            }
        }
    }

    /// Sums and results of every kernel that writes floats, end to end, canaries included; the twin's if no kernels.
    private func floats(_ n: Int, _ kernels: Kernels?) -> [Float] {
        var numbers = Numbers(UInt64(n + 1))
        let memory = KernelMemory()
        defer { memory.free() }
        let a = memory.keep(numbers.floats(3 * n + 8))
        let b = memory.keep(numbers.floats(3 * n + 8))
        let q = memory.keep(numbers.bytes(n))
        let y = (0..<5).map { _ in memory.guarded(n, canary: Float(0.25)) }
        var add = kn_add_f32(count: n, a: a, b: b, low: -0.5, high: .infinity, y: y[0].y)
        var clamp = kn_clamp_f32(count: n, x: a, low: -0.25, high: 0.5, y: y[1].y)
        var back = kn_dequantize(count: n, x: q, scale: 0.37, zero: -11, y: y[2].y)
        var sum = kn_rows_f32(count: 3, channels: n, stride: n + 2, x: a, y: y[3].y)
        var most = kn_rows_f32(count: 3, channels: n, stride: n + 2, x: a, y: y[4].y)
        if let kernels {
            kernels.add(&add)
            kernels.clamp(&clamp)
            kernels.dequantize(&back)
            kernels.sum(&sum)
            kernels.max(&most)
        } else {
            Twin.add(add)
            Twin.clamp(clamp)
            Twin.dequantize(back)
            Twin.sum(sum)
            Twin.max(most)
        }
        return y.flatMap { $0.values + [$0.isIntact ? 1 : 0] }
    }

    private func bytes(_ n: Int, _ kernels: Kernels?) -> [Int32] {
        var numbers = Numbers(UInt64(n + 1))
        let memory = KernelMemory()
        defer { memory.free() }
        let a = memory.keep(numbers.bytes(3 * n + 8))
        let b = memory.keep(numbers.bytes(3 * n + 8))
        let x = memory.keep(numbers.floats(n).map { $0 * 20 })
        let y = (0..<3).map { _ in memory.guarded(n, canary: Int8(-3)) }
        let sums = memory.guarded(n, canary: Int32(9))
        var add = kn_add_i8(
            count: n, a: a, b: b, a_scale: 0.5, b_scale: 0.3, shift: 0.25, low: -100, high: 90, y: y[0].y)
        var quantize = kn_quantize(count: n, x: x, scale: 0.125, zero: 4, low: -128, high: 127, y: y[1].y)
        var most = kn_max_i8(count: 3, channels: n, stride: n + 2, x: a, y: y[2].y)
        var sum = kn_sum_i8(count: 3, channels: n, stride: n + 2, x: a, y: sums.y)
        if let kernels {
            kernels.add(&add)
            kernels.quantize(&quantize)
            kernels.max(&most)
            kernels.sum(&sum)
        } else {
            Twin.add(add)
            Twin.quantize(quantize)
            Twin.max(most)
            Twin.sum(sum)
        }
        return y.flatMap { $0.values.map { Int32($0) } + [$0.isIntact ? 1 : 0] } + sums.values + [sums.isIntact ? 1 : 0]
    }
}
