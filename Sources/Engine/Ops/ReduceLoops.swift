/// How two values become one. A type, not a closure: those are called, not inlined, where they are used twice.
private protocol Fold { static func fold(_ a: F8, _ b: F8) -> F8 }

private enum Total: Fold {
    @inline(__always) static func fold(_ a: F8, _ b: F8) -> F8 { a + b }
}

private enum Largest: Fold {
    @inline(__always) static func fold(_ a: F8, _ b: F8) -> F8 { a.replacing(with: b, where: b .> a) }
}

private enum Smallest: Fold {
    @inline(__always) static func fold(_ a: F8, _ b: F8) -> F8 { a.replacing(with: b, where: b .< a) }
}

/// The inner loops of `Reduce`. The order in which an element's terms are added is the same for every number of workers.
extension Reduce {
    func floats(_ parts: Reduction, _ range: Range<Int>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
        switch kind {
        case .mean, .sum: sums(parts, range, x, y)
        case .prod: scalars(parts, range, x, y, 1) { $0 * $1 }
        case .max: vectors(parts, range, x, y, -.infinity, Largest.self)
        case .min: vectors(parts, range, x, y, .infinity, Smallest.self)
        }
    }

    private func sums(
        _ parts: Reduction, _ range: Range<Int>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
    ) {
        let n = parts.reduced.count
        if parts.together && n > 1 {
            let step = parts.kept.row.a
            parts.kept.rows(range) { first, count, offset, _ in
                for j in 0..<count { y[first + j] = sum(x + offset + j * step, n) }
            }
        } else {
            vectors(parts, range, x, y, 0, Total.self)
        }
        if kind == .mean {
            let count = F8(repeating: Float(n))
            map(y, y, range) { $0 / count }
        }
    }

    /// Along a row of kept positions eight at a time, else one after the other.
    @inline(__always)
    private func vectors<F: Fold>(
        _ parts: Reduction, _ range: Range<Int>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        _ start: Float,
        _: F.Type
    ) {
        if parts.kept.row.a != 1 {
            return scalars(parts, range, x, y, start) { F.fold(F8(repeating: $0), F8(repeating: $1))[0] }
        }
        let step = parts.reduced.row.a
        parts.kept.rows(range) { first, count, offset, _ in
            let y = y + first
            for j in 0..<count { y[j] = start }
            parts.reduced.rows(0..<parts.reduced.count) { _, m, o, _ in
                let x = x + offset + o
                var j = 0
                while j + 16 <= count {
                    var (a, b) = (load(y + j), load(y + j + 8))
                    for i in 0..<m {
                        a = F.fold(a, load(x + i * step + j))
                        b = F.fold(b, load(x + i * step + j + 8))
                    }
                    store(a, y + j)
                    store(b, y + j + 8)
                    j += 16
                }
                while j < count {
                    var a = F8(repeating: y[j])
                    for i in 0..<m { a = F.fold(a, F8(repeating: x[i * step + j])) }
                    y[j] = a[0]
                    j += 1
                }
            }
        }
    }

    @inline(__always)
    private func scalars<T>(
        _ parts: Reduction, _ range: Range<Int>, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ start: T,
        _ f: (T, T) -> T
    ) {
        let (stepY, stepX) = (parts.kept.row.a, parts.reduced.row.a)
        parts.kept.rows(range) { first, count, offset, _ in
            for j in 0..<count {
                var total = start
                parts.reduced.rows(0..<parts.reduced.count) { _, m, o, _ in
                    for i in 0..<m { total = f(total, x[offset + j * stepY + o + i * stepX]) }
                }
                y[first + j] = total
            }
        }
    }

    /// Integers wrap around; their mean is cut towards zero.
    @inline(__always)
    func integers<T: FixedWidthInteger>(
        _ parts: Reduction, _ range: Range<Int>, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>
    ) {
        switch kind {
        case .mean, .sum:
            scalars(parts, range, x, y, 0) { $0 &+ $1 }
            let count = T(truncatingIfNeeded: parts.reduced.count)
            if kind == .mean && count != 0 { for i in range { y[i] /= count } }
        case .prod: scalars(parts, range, x, y, 1) { $0 &* $1 }
        case .max: scalars(parts, range, x, y, T.min) { max($0, $1) }
        case .min: scalars(parts, range, x, y, T.max) { min($0, $1) }
        }
    }
}
