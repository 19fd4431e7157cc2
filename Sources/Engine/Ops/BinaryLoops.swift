import CKernels
import CSystem

/// The inner loops of `Binary`.
extension Binary {
    func floats(
        _ walk: Walk, _ range: Range<Int>, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ kernels: Kernels
    ) {
        switch kind {
        case .add where kernels.table.add_f32 != nil && walk.row.a == 1 && walk.row.b == 1:
            walk.rows(range) { first, n, offsetA, offsetB in
                var t = kn_add_f32(count: n, a: a + offsetA, b: b + offsetB, low: low, high: high, y: y + first)
                kernels.add(&t)
            }
        case .add: vectors(walk, range, a, b, y, +)
        case .sub: vectors(walk, range, a, b, y, -)
        case .mul: vectors(walk, range, a, b, y, *)
        case .div: vectors(walk, range, a, b, y, /)
        case .min: vectors(walk, range, a, b, y, smaller)
        case .max: vectors(walk, range, a, b, y, larger)
        case .prelu: vectors(walk, range, a, b, y, prelu)
        case .pow: scalars(walk, range, a, b, y) { $1 == 2 ? $0 * $0 : Float(ks_pow(Double($0), Double($1))) }
        }
    }

    /// Integers wrap around; dividing by 0 gives the dividend.
    @inline(__always)
    func integers<T: FixedWidthInteger>(
        _ walk: Walk, _ range: Range<Int>, _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>
    ) {
        switch kind {
        case .add: scalars(walk, range, a, b, y) { $0 &+ $1 }
        case .sub: scalars(walk, range, a, b, y) { $0 &- $1 }
        case .mul: scalars(walk, range, a, b, y) { $0 &* $1 }
        case .div: scalars(walk, range, a, b, y) { $0.dividedReportingOverflow(by: $1).partialValue }
        case .min: scalars(walk, range, a, b, y) { $1 < $0 ? $1 : $0 }
        case .max: scalars(walk, range, a, b, y) { $1 > $0 ? $1 : $0 }
        case .pow, .prelu: break
        }
    }

    @inline(__always)
    private func scalars<T>(
        _ walk: Walk, _ range: Range<Int>, _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>,
        _ f: (T, T) -> T
    ) {
        let row = walk.row
        walk.rows(range) { first, n, offsetA, offsetB in
            let (a, b, y) = (a + offsetA, b + offsetB, y + first)
            for i in 0..<n { y[i] = f(a[i * row.a], b[i * row.b]) }
        }
    }

    @inline(__always)
    private func vectors(
        _ walk: Walk, _ range: Range<Int>, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ f: (F8, F8) -> F8
    ) {
        let row = walk.row
        let (low, high) = (F8(repeating: low), F8(repeating: high))
        walk.rows(range) { first, n, offsetA, offsetB in
            let (a, b, y) = (a + offsetA, b + offsetB, y + first)
            // A row either steps by one or, where it is broadcast, repeats one element.
            var i = 0
            if row.a == 1 && row.b == 1 {
                while i + 8 <= n {
                    store(clamp(f(load(a + i), load(b + i)), low, high), y + i)
                    i += 8
                }
            } else if row.a == 1 {
                let b = F8(repeating: b[0])
                while i + 8 <= n {
                    store(clamp(f(load(a + i), b), low, high), y + i)
                    i += 8
                }
            } else if row.b == 1 {
                let a = F8(repeating: a[0])
                while i + 8 <= n {
                    store(clamp(f(a, load(b + i)), low, high), y + i)
                    i += 8
                }
            }
            while i < n {
                y[i] = clamp(f(F8(repeating: a[i * row.a]), F8(repeating: b[i * row.b])), low, high)[0]
                i += 1
            }
        }
    }
}

@inline(__always)
private func smaller(_ a: F8, _ b: F8) -> F8 { a.replacing(with: b, where: b .< a) }

@inline(__always)
private func larger(_ a: F8, _ b: F8) -> F8 { a.replacing(with: b, where: b .> a) }

@inline(__always)
private func prelu(_ x: F8, _ slope: F8) -> F8 { x.replacing(with: x * slope, where: x .< F8(repeating: 0)) }
