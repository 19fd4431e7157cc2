extension ConvWinograd {
    /// G w Gᵀ: every entry of a tile is a matrix [c, o] in panels. Tap t of filter (o, c) is
    /// `w[t * tap + o * outStep + c * inStep]`.
    func pack(
        _ w: UnsafePointer<Float>, tap: Int, outStep: Int, inStep: Int, bias: UnsafePointer<Float>?,
        to packed: UnsafeMutablePointer<Float>
    ) {
        for p in 0..<panels.count {
            for c in 0..<g.c {
                for j in 0..<panels.nr {
                    let o = p * panels.nr + j
                    let (from, to) = (w + o * outStep + c * inStep, packed + p * panels.stride + c * panels.nr + j)
                    if size == 4 {
                        spread4(from, tap, exists: o < panels.n, to)
                    } else {
                        spread(from, tap, exists: o < panels.n, to)
                    }
                }
            }
        }
        panels.packBias(bias, to: packed + (count - 1) * panels.bias)
    }

    /// One filter of one channel.
    private func spread(_ w: UnsafePointer<Float>, _ tap: Int, exists: Bool, _ to: UnsafeMutablePointer<Float>) {
        @inline(__always) func three(_ a: Float, _ b: Float, _ c: Float) -> (Float, Float, Float, Float) {
            (a, (a + b + c) * 0.5, (a - b + c) * 0.5, c)
        }
        @inline(__always) func row(_ i: Int) -> (Float, Float, Float, Float) {
            exists ? three(w[3 * i * tap], w[(3 * i + 1) * tap], w[(3 * i + 2) * tap]) : (0, 0, 0, 0)
        }
        let (a, b, c) = (row(0), row(1), row(2))
        let plane = panels.bias
        @inline(__always) func put(_ j: Int, _ v: (Float, Float, Float, Float)) {
            to[j * plane] = v.0
            to[(4 + j) * plane] = v.1
            to[(8 + j) * plane] = v.2
            to[(12 + j) * plane] = v.3
        }
        put(0, three(a.0, b.0, c.0))
        put(1, three(a.1, b.1, c.1))
        put(2, three(a.2, b.2, c.2))
        put(3, three(a.3, b.3, c.3))
    }

    private typealias Six = (Float, Float, Float, Float, Float, Float)

    private func spread4(_ w: UnsafePointer<Float>, _ tap: Int, exists: Bool, _ to: UnsafeMutablePointer<Float>) {
        @inline(__always) func six(_ a: Float, _ b: Float, _ c: Float) -> Six {
            let (s, t, p, q) = ((a + c) * (1 / 6), b * (1 / 6), a * (1 / 24) + c * (1 / 6), b * (1 / 12))
            return (a * 0.25, -s - t, t - s, p + q, p - q, c)
        }
        @inline(__always) func row(_ i: Int) -> Six {
            exists ? six(w[3 * i * tap], w[(3 * i + 1) * tap], w[(3 * i + 2) * tap]) : (0, 0, 0, 0, 0, 0)
        }
        let (a, b, c) = (row(0), row(1), row(2))
        let plane = panels.bias
        @inline(__always) func put(_ j: Int, _ v: Six) {
            to[j * plane] = v.0
            to[(6 + j) * plane] = v.1
            to[(12 + j) * plane] = v.2
            to[(18 + j) * plane] = v.3
            to[(24 + j) * plane] = v.4
            to[(30 + j) * plane] = v.5
        }
        put(0, six(a.0, b.0, c.0))
        put(1, six(a.1, b.1, c.1))
        put(2, six(a.2, b.2, c.2))
        put(3, six(a.3, b.3, c.3))
        put(4, six(a.4, b.4, c.4))
        put(5, six(a.5, b.5, c.5))
    }
}
