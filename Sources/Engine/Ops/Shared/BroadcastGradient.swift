/// What one element of a result passes on to an operand: from its own gradient, the other operand's element and the
/// operand's own. A type, not a closure: those are called, not inlined, where they are used twice.
protocol Slope { static func of(_ dy: F8, _ other: F8, _ own: F8) -> F8 }

enum Whole: Slope {
    @inline(__always) static func of(_ dy: F8, _ other: F8, _ own: F8) -> F8 { dy }
}

/// dx[i] = Σ_p slope(dy[p], other[p], own[i]) over the places p of dy that operand element i was repeated to.
struct BroadcastGradient {
    let dy: UnsafePointer<Float>
    let other: UnsafePointer<Float>
    let own: UnsafePointer<Float>
    let dx: UnsafeMutablePointer<Float>
    let adds: Bool
    /// Places where the operand is not repeated, and where it is; with the offsets in dy and in `other`.
    private var kept = Walk()
    private var reduced = Walk()

    init(dy: TensorView, other: TensorView, own: TensorView, dx: TensorView, adds: Bool) {
        (self.dy, self.other, self.own) = (UnsafePointer(dy.f32), UnsafePointer(other.f32), UnsafePointer(own.f32))
        (self.dx, self.adds) = (dx.f32, adds)
        let (shape, strides, strides2) = (dy.shape, Dims(stridesOf: dy.shape), Dims(stridesOf: other.shape))
        let (shift, shift2) = (shape.count - own.shape.count, shape.count - other.shape.count)
        for k in 0..<shape.count {
            let step = k < shift2 || other.shape[k - shift2] == 1 ? 0 : strides2[k - shift2]
            if k < shift || own.shape[k - shift] != shape[k] {
                reduced.add(shape[k], strides[k], step)
            } else {
                kept.add(shape[k], strides[k], step)
            }
        }
    }

    @inline(__always)
    func run<S: Slope>(_: S.Type, _ worker: Worker) {
        if reduced.count == 1 {
            elements(S.self, worker.share(of: kept.count, grain: 64))
        } else if reduced.row.a == 1 {
            together(S.self, worker.share(of: kept.count, grain: 16))
        } else {
            apart(S.self, worker.share(of: kept.count, grain: 16))
        }
    }

    /// Nothing is repeated.
    @inline(__always)
    private func elements<S: Slope>(_: S.Type, _ range: Range<Int>) {
        let step = kept.row.b
        kept.rows(range) { first, n, _, offset in
            let (dy, own, other, dx) = (dy + first, own + first, other + offset, dx + first)
            var i = 0
            while i + 8 <= n {
                let b = step == 1 ? load(other + i) : F8(repeating: other[0])
                let v = S.of(load(dy + i), b, load(own + i))
                store(adds ? load(dx + i) + v : v, dx + i)
                i += 8
            }
            while i < n {
                let v = S.of(F8(repeating: dy[i]), F8(repeating: other[i * step]), F8(repeating: own[i]))[0]
                dx[i] = adds ? dx[i] + v : v
                i += 1
            }
        }
    }

    /// The terms of a sum lie side by side.
    @inline(__always)
    private func together<S: Slope>(_: S.Type, _ range: Range<Int>) {
        let (step, rowA, rowB) = (reduced.row.b, kept.row.a, kept.row.b)
        kept.rows(range) { first, n, a, b in
            for j in 0..<n {
                let x = F8(repeating: own[first + j])
                var total: Float = 0
                reduced.rows(0..<reduced.count) { _, m, offsetA, offsetB in
                    let (dy, other) = (dy + a + j * rowA + offsetA, other + b + j * rowB + offsetB)
                    var (part, i) = (F8(repeating: 0), 0)
                    while i + 8 <= m {
                        part += S.of(load(dy + i), step == 1 ? load(other + i) : F8(repeating: other[0]), x)
                        i += 8
                    }
                    var rest: Float = 0
                    while i < m {
                        rest += S.of(F8(repeating: dy[i]), F8(repeating: other[i * step]), x)[0]
                        i += 1
                    }
                    total += part.sum() + rest
                }
                dx[first + j] = adds ? dx[first + j] + total : total
            }
        }
    }

    /// Neighbouring sums have neighbouring terms: sixteen sums at a time, in parts of 256 terms. What is read beyond the
    /// end of a row is not used.
    @inline(__always)
    private func apart<S: Slope>(_: S.Type, _ range: Range<Int>) {
        let (stepA, stepB, wide) = (reduced.row.a, reduced.row.b, kept.row.b == 1)
        kept.rows(range) { first, n, a, b in
            for j in stride(from: 0, to: n, by: 16) {
                let (x0, x1) = (load(own + first + j), load(own + first + j + 8))
                var (total0, total1) = (F8(repeating: 0), F8(repeating: 0))
                reduced.rows(0..<reduced.count) { _, m, offsetA, offsetB in
                    for start in stride(from: 0, to: m, by: 256) {
                        var (part0, part1) = (F8(repeating: 0), F8(repeating: 0))
                        for i in start..<min(start + 256, m) {
                            let dy = dy + a + offsetA + i * stepA + j
                            let other = other + b + offsetB + i * stepB + (wide ? j : 0)
                            let o0 = wide ? load(other) : F8(repeating: other[0])
                            let o1 = wide ? load(other + 8) : o0
                            part0 += S.of(load(dy), o0, x0)
                            part1 += S.of(load(dy + 8), o1, x1)
                        }
                        total0 += part0
                        total1 += part1
                    }
                }
                let (dx, rest) = (dx + first + j, min(n - j, 16))
                if rest == 16 {
                    store(adds ? load(dx) + total0 : total0, dx)
                    store(adds ? load(dx + 8) + total1 : total1, dx + 8)
                } else {
                    for k in 0..<rest {
                        let v = k < 8 ? total0[k] : total1[k - 8]
                        dx[k] = adds ? dx[k] + v : v
                    }
                }
            }
        }
    }
}
