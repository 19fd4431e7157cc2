import CKernels

/// Room for y[m, n] = a[m, k] · b[k, n], the panels of b all zero: kernels take the same time whatever the numbers.
final class ProductBuffers {
    private let kernels: Kernels
    private let m: Int
    private let k: Int
    private let n: Int
    private let memory: Storage
    private let a: UnsafeMutableRawPointer
    private let b: UnsafeMutableRawPointer
    private let bias: UnsafeMutableRawPointer
    private let y: UnsafeMutableRawPointer
    private let rows: UnsafeMutablePointer<UnsafeRawPointer>
    private let offset: UnsafeMutablePointer<Int>
    /// Rows per call: as the engine calls the kernels.
    private static let block = Product.block

    init(_ kernels: Kernels, _ m: Int, _ k: Int, _ n: Int) throws(KingletError) {
        (self.kernels, self.m, self.k, self.n) = (kernels, m, k, n)
        let columns = (n + 63) / 64 * 64
        // An eighth of a kilobyte between the parts keeps them off the same cache sets.
        let sizes = [m * k * 4, columns * k * 4, columns * 4, m * n * 4, ProductBuffers.block * 8, 64].map {
            ($0 + 255) & ~127
        }
        memory = try Storage(bytes: sizes.reduce(0, +))
        var places: [UnsafeMutableRawPointer] = []
        var at = memory.base
        for size in sizes {
            places.append(at)
            at += size
        }
        (a, b, bias, y) = (places[0], places[1], places[2], places[3])
        rows = places[4].bindMemory(to: UnsafeRawPointer.self, capacity: ProductBuffers.block)
        offset = places[5].bindMemory(to: Int.self, capacity: 1)
        offset[0] = 0
    }

    /// Every block of rows against all of b; the operations done.
    func f32() -> Double {
        for row in stride(from: 0, to: m, by: ProductBuffers.block) {
            let count = min(ProductBuffers.block, m - row)
            for i in 0..<count { rows[i] = UnsafeRawPointer(a + (row + i) * k * 4) }
            var t = kn_tile_f32(
                rows: count, columns: n, segments: 1, run: k,
                a: UnsafeRawPointer(rows).assumingMemoryBound(to: UnsafePointer<Float>.self), offset: offset,
                b: b.assumingMemoryBound(to: Float.self), bias: bias.assumingMemoryBound(to: Float.self),
                residual: nil, residual_stride: 0, low: 0, high: 6,
                y: (y + row * n * 4).assumingMemoryBound(to: Float.self), y_stride: n)
            kernels.tile(&t)
        }
        return 2 * Double(m) * Double(n) * Double(k)
    }

    func i8() -> Double {
        for row in stride(from: 0, to: m, by: ProductBuffers.block) {
            let count = min(ProductBuffers.block, m - row)
            for i in 0..<count { rows[i] = UnsafeRawPointer(a + (row + i) * k) }
            var t = kn_tile_i8(
                rows: count, columns: n, segments: 1, run4: k / 4,
                a: UnsafeRawPointer(rows).assumingMemoryBound(to: UnsafePointer<Int8>.self), offset: offset,
                b: b.assumingMemoryBound(to: Int8.self), has_least: 0, bias: bias.assumingMemoryBound(to: Int32.self),
                scale: bias.assumingMemoryBound(to: Float.self), zero: 0, low: -128, high: 127,
                y: (y + row * n).assumingMemoryBound(to: Int8.self), y_f32: nil, y_stride: n)
            kernels.tile(&t)
        }
        return 2 * Double(m) * Double(n) * Double(k)
    }
}

/// Room for all rows of a square depthwise layer, 3×3 with padding 1.
final class DepthwiseBuffers {
    private let kernels: Kernels
    private let width: Int
    private let channels: Int
    private let stride: Int
    private let columns: Int
    private let memory: Storage
    private let w: UnsafeMutableRawPointer
    private let y: UnsafeMutableRawPointer
    private let rows: UnsafeMutablePointer<UnsafeRawPointer?>

    init(_ kernels: Kernels, width: Int, channels: Int, stride: Int) throws(KingletError) {
        (self.kernels, self.width, self.channels, self.stride) = (kernels, width, channels, stride)
        columns = (width - 1) / stride + 1
        let x = width * width * channels * 4
        memory = try Storage(bytes: x + columns * columns * channels * 4 + 10 * channels * 4 + 1024)
        y = memory.base + x + 128
        w = y + columns * columns * channels * 4 + 128
        rows = (w + 10 * channels * 4 + 64).bindMemory(to: UnsafeRawPointer?.self, capacity: 3)
    }

    private func point(_ line: Int, _ bytes: Int) {
        for i in 0..<3 {
            let row = line * stride + i - 1
            rows[i] = row < 0 || row >= width ? nil : UnsafeRawPointer(memory.base + row * width * channels * bytes)
        }
    }

    private var operations: Double { 18 * Double(columns * columns * channels) }

    func f32() -> Double {
        for line in 0..<columns {
            point(line, 4)
            var t = kn_depthwise_f32(
                width: width, channels: channels, kh: 3, kw: 3, stride: stride, dilation: 1, pad: 1, columns: columns,
                rows: UnsafeRawPointer(rows).assumingMemoryBound(to: UnsafePointer<Float>?.self),
                w: w.assumingMemoryBound(to: Float.self), bias: (w + 36 * channels).assumingMemoryBound(to: Float.self),
                low: 0, high: 6, y: (y + line * columns * channels * 4).assumingMemoryBound(to: Float.self),
                y_step: channels)
            kernels.depthwise(&t)
        }
        return operations
    }

    func i8() -> Double {
        let bias = w + 36 * channels
        for line in 0..<columns {
            point(line, 1)
            var t = kn_depthwise_i8(
                width: width, channels: channels, kh: 3, kw: 3, stride: stride, dilation: 1, pad: 1, columns: columns,
                rows: UnsafeRawPointer(rows).assumingMemoryBound(to: UnsafePointer<Int8>?.self),
                w: w.assumingMemoryBound(to: Int8.self), bias: bias.assumingMemoryBound(to: Int32.self),
                scale: bias.assumingMemoryBound(to: Float.self), x_zero: 0, zero: 0, low: -128, high: 127,
                y: (y + line * columns * channels).assumingMemoryBound(to: Int8.self))
            kernels.depthwise(&t)
        }
        return operations
    }
}
