/// A walk over a box in row-major order that knows, at every position i, the offsets Σ i·stride of two operands.
/// Neighbouring axes that both operands step through evenly are one axis.
struct Walk {
    private(set) var sizes = Dims()
    private(set) var a = Dims()
    private(set) var b = Dims()
    private(set) var count = 1

    init() {}

    /// Adds an inner axis with the operands' strides.
    mutating func add(_ size: Int, _ strideA: Int, _ strideB: Int = 0) {
        count *= size
        if size == 1 { return }
        let k = sizes.count - 1
        if k >= 0 && a[k] == strideA * size && b[k] == strideB * size {
            sizes[k] *= size
            a[k] = strideA
            b[k] = strideB
        } else {
            sizes.append(size)
            a.append(strideA)
            b.append(strideB)
        }
    }

    /// Size and strides of the innermost axis: the rows that `rows` hands out.
    var row: (size: Int, a: Int, b: Int) {
        let k = sizes.count - 1
        return k < 0 ? (1, 0, 0) : (sizes[k], a[k], b[k])
    }

    /// Calls `body` with each row, or part of one, inside `range`: its first position, its length, the operands' offsets.
    @inline(__always)
    func rows(_ range: Range<Int>, _ body: (_ first: Int, _ count: Int, _ a: Int, _ b: Int) -> Void) {
        if range.isEmpty { return }
        let (n, strideA, strideB) = row
        let outer = sizes.count - 1
        var position = Dims(zeros: max(outer, 0))
        var (offsetA, offsetB) = (0, 0)
        var rest = range.lowerBound / n
        var column = range.lowerBound - rest * n
        for k in stride(from: outer - 1, through: 0, by: -1) {
            let above = rest / sizes[k]
            position[k] = rest - above * sizes[k]
            offsetA += position[k] * a[k]
            offsetB += position[k] * b[k]
            rest = above
        }
        var first = range.lowerBound
        while true {
            let length = min(n - column, range.upperBound - first)
            body(first, length, offsetA + column * strideA, offsetB + column * strideB)
            first += length
            if first == range.upperBound { return }
            column = 0
            var k = outer - 1
            while k >= 0 {
                position[k] += 1
                offsetA += a[k]
                offsetB += b[k]
                if position[k] < sizes[k] { break }
                offsetA -= a[k] * sizes[k]
                offsetB -= b[k] * sizes[k]
                position[k] = 0
                k -= 1
            }
        }
    }
}

extension Walk {
    /// The output shape `y` read from `x`, whose axes are aligned at the end and repeated where they are 1.
    static func broadcast(_ x: [Int], to y: [Int]) -> Walk { broadcast(x, x, to: y) }

    static func broadcast(_ a: [Int], _ b: [Int], to y: [Int]) -> Walk {
        let (stridesA, stridesB) = (Dims(stridesOf: a), Dims(stridesOf: b))
        var walk = Walk()
        for k in 0..<y.count {
            let (ka, kb) = (k - y.count + a.count, k - y.count + b.count)
            walk.add(
                y[k], ka < 0 || a[ka] == 1 ? 0 : stridesA[ka], kb < 0 || b[kb] == 1 ? 0 : stridesB[kb])
        }
        return walk
    }

    /// y[i] = x[offset + a(i)] for positions i that `worker` has a share of; elements of `bytes` bytes.
    func copy(_ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, bytes: Int, _ worker: Worker) {
        switch bytes {
        case 1: copy(x.assumingMemoryBound(to: UInt8.self), y.assumingMemoryBound(to: UInt8.self), worker)
        case 4: copy(x.assumingMemoryBound(to: UInt32.self), y.assumingMemoryBound(to: UInt32.self), worker)
        default: copy(x.assumingMemoryBound(to: UInt64.self), y.assumingMemoryBound(to: UInt64.self), worker)
        }
    }

    @inline(__always)
    private func copy<T>(_ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ worker: Worker) {
        let stride = row.a
        if stride != 1 && sizes.count > 1 && a[sizes.count - 2] == 1 { return transpose(x, y, worker) }
        rows(worker.share(of: count, grain: 64)) { first, n, offset, _ in
            let (x, y) = (x + offset, y + first)
            if stride == 1 {
                y.update(from: x, count: n)
            } else {
                for i in 0..<n { y[i] = x[i * stride] }
            }
        }
    }

    /// y[o, r, c] = x[offset(o) + r + c · step] in squares that both sides keep in cache.
    @inline(__always)
    private func transpose<T>(_ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ worker: Worker) {
        let outer = sizes.count - 2
        let (height, width, step, side) = (sizes[outer], sizes[outer + 1], a[outer + 1], 16)
        let blocks = (height + side - 1) / side
        if count == 0 { return }
        for index in worker.share(of: count / (height * width) * blocks) {
            var rest = index / blocks
            let top = (index - rest * blocks) * side
            let bottom = min(top + side, height)
            let y = y + rest * height * width
            var x = x
            for k in stride(from: outer - 1, through: 0, by: -1) {
                let above = rest / sizes[k]
                x += (rest - above * sizes[k]) * a[k]
                rest = above
            }
            var left = 0
            while left < width {
                let right = min(left + side, width)
                for c in left..<right {
                    for r in top..<bottom { y[r * width + c] = x[r + c * step] }
                }
                left = right
            }
        }
    }
}
