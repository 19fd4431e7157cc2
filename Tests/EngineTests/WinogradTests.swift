import CKernels
import Engine
import Testing

@Suite struct WinogradTests {
    private static func noise(_ count: Int, _ seed: UInt64) -> [Float] {
        var noise = Noise(state: seed)
        return (0..<count).map { _ in noise.next() }
    }

    @Test func transformsEqualTheirTwinToTheBit() throws {
        for channels in [1, 3, 4, 7, 8, 16, 21, 32, 40] {
            let (count, line) = (3, 8 * channels + 5)
            let x = Self.noise(4 * line, 1)
            let plane = count * channels + 3
            let m = Self.noise(16 * plane, 2)
            let bias = Self.noise(channels, 3)
            let residual = Self.noise(2 * line, 4)
            func input(_ transform: (UnsafePointer<kn_winograd_in>) -> Void) -> [Float] {
                var v = [Float](repeating: 0, count: 16 * plane)
                v.withUnsafeMutableBufferPointer { v in
                    x.withUnsafeBufferPointer { x in
                        guard let x = x.baseAddress, let v = v.baseAddress else { return }
                        var call = kn_winograd_in(
                            count: count, channels: channels, x: x, line: line, v: v, plane: plane)
                        transform(&call)
                    }
                }
                return v
            }
            func output(
                _ rows: Int, _ columns: Int, _ adds: Bool, _ transform: (UnsafePointer<kn_winograd_out>) -> Void
            ) -> [Float] {
                var y = [Float](repeating: 9, count: 2 * line)
                y.withUnsafeMutableBufferPointer { y in
                    m.withUnsafeBufferPointer { m in
                        bias.withUnsafeBufferPointer { bias in
                            residual.withUnsafeBufferPointer { residual in
                                guard let y = y.baseAddress, let m = m.baseAddress, let bias = bias.baseAddress else {
                                    return
                                }
                                var call = kn_winograd_out(
                                    rows: rows, columns: columns, channels: channels, m: m, plane: plane, bias: bias,
                                    residual: adds ? residual.baseAddress : nil, low: -1, high: 1.5, y: y, line: line)
                                transform(&call)
                            }
                        }
                    }
                }
                return y
            }
            for kernels in Kernels.available {
                #expect(
                    input { kernels.winograd($0) } == input { Twin.winograd($0.pointee) },
                    "\(kernels.isa.name), \(channels) channels")
                for (rows, columns, adds) in [(2, 6, true), (1, 5, false), (2, 5, true)] {
                    #expect(
                        output(rows, columns, adds) { kernels.winograd($0) }
                            == output(rows, columns, adds) { Twin.winograd($0.pointee) },
                        "\(kernels.isa.name), \(channels) channels, \(rows) × \(columns)")
                }
            }
        }
    }
}
