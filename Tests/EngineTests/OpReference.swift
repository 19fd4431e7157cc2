import Engine

/// What an ONNX operator makes of a case, straight from its definition; images are channels-last.
enum OpReference {
    typealias Formula = @Sendable (Trial) throws -> [NdArray]

    static func unary(_ f: @escaping @Sendable (Double, Double, Double) -> Double, alpha: Float = 0, beta: Float = 0)
        -> Formula
    {
        { t in
            let (a, b) = (try t.test.attributes.float("alpha", alpha), try t.test.attributes.float("beta", beta))
            let x = NdArray(t.given[0])
            return [NdArray(x.shape, x.values.map { f($0, Double(a), Double(b)) })]
        }
    }

    /// Integers as the element type holds them.
    static func many(_ f: @escaping @Sendable (Double, Double) -> Double) -> Formula {
        { t in
            let x = t.given.map { NdArray($0) }
            let y = NdArray(t.y[0].shape) { place in
                x.dropFirst().reduce(x[0].spread(place)) { f($0, $1.spread(place)) }
            }
            return [NdArray(y.shape, y.values.map { wrap($0, t.y[0].dtype) })]
        }
    }

    static func wrap(_ v: Double, _ dtype: DType) -> Double {
        switch dtype {
        case .i8: Double(Int8(truncatingIfNeeded: Int(v)))
        case .u8: Double(UInt8(truncatingIfNeeded: Int(v)))
        case .i32, .i64: v.rounded(.towardZero)
        default: v
        }
    }

    static func reduce(_ start: Double, mean: Bool = false, _ f: @escaping @Sendable (Double, Double) -> Double)
        -> Formula
    {
        { t in
            let x = NdArray(t.given[0])
            var axes = try axesOf(t, 1)
            let keep = try t.test.attributes.int("keepdims", 1) != 0
            if axes.isEmpty {
                if try t.test.attributes.int("noop_with_empty_axes", 0) != 0 { return [x] }
                axes = Array(x.shape.indices)
            }
            return [reduced(x, axes, keep, t.y[0].dtype, start, mean, f)]
        }
    }

    static func global(_ start: Double, mean: Bool, _ f: @escaping @Sendable (Double, Double) -> Double) -> Formula {
        { t in
            let x = NdArray(t.given[0])
            return [reduced(x, Array(1..<x.shape.count - 1), true, .f32, start, mean, f)]
        }
    }

    private static func reduced(
        _ x: NdArray, _ axes: [Int], _ keep: Bool, _ dtype: DType, _ start: Double, _ mean: Bool,
        _ f: (Double, Double) -> Double
    ) -> NdArray {
        let kept = x.shape.indices.map { axes.contains($0) ? 1 : x.shape[$0] }
        let inner = x.shape.indices.map { axes.contains($0) ? x.shape[$0] : 1 }
        let places = NdArray.places(inner)
        var y = NdArray(kept) { place in
            let total = places.reduce(start) { f($0, x[zip(place, $1).map { $0 + $1 }]) }
            return wrap(mean ? total / Double(places.count) : total, dtype)
        }
        if !keep { y.shape = x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] } }
        return y
    }

    /// ONNX axes from the attribute or input `i`, counted from the front.
    static func axesOf(_ t: Trial, _ i: Int) throws -> [Int] {
        let given = try t.test.attributes.ints("axes") ?? (t.given.count > i ? t.given[i].ints : [])
        return given.map { $0 < 0 ? $0 + t.given[0].shape.count : $0 }
    }

    static func softmax(log: Bool) -> Formula {
        { t in
            let x = NdArray(t.given[0])
            let old = t.test.opset < 13
            let axis = try t.test.attributes.int("axis", old ? 1 : x.shape.count - 1)
            let inner = x.shape.indices.map { (old ? $0 >= axis : $0 == axis) ? x.shape[$0] : 1 }
            let places = NdArray.places(inner)
            // log Σ e^x of the row that begins at a place.
            var sums: [[Int]: Double] = [:]
            return [
                NdArray(x.shape) { place in
                    let start = zip(place, inner).map { $1 > 1 ? 0 : $0 }
                    let sum =
                        sums[start] ?? Math.log(places.reduce(0) { $0 + Math.exp(x[zip(start, $1).map { $0 + $1 }]) })
                    sums[start] = sum
                    return log ? x[place] - sum : Math.exp(x[place] - sum)
                }
            ]
        }
    }

    static func pool(max isMax: Bool) -> Formula {
        { t in
            let x = NdArray(t.given[0])
            let attributes = t.test.attributes
            let g = try ConvGeometry(
                Window(attributes, ceil: try attributes.int("ceil_mode", 0) != 0), t.given[0].type)
            let whole = try attributes.int("count_include_pad", 0) != 0
            let lines = x.shape.count == 4
            var at: [Double] = []
            let y = try NdArray(t.y[0].shape) { place in
                let (oy, ox) = (lines ? place[1] : 0, place[place.count - 2])
                var (all, count, from): ([Double], Int, Double) = ([], 0, 0)
                for i in 0..<g.kh {
                    for j in 0..<g.kw {
                        let (iy, ix) = (oy * g.sh + i * g.dh - g.top, ox * g.sw + j * g.dw - g.left)
                        if iy < g.h + g.bottom && ix < g.w + g.right { count += 1 }
                        if iy < 0 || iy >= g.h || ix < 0 || ix >= g.w { continue }
                        let v = x[[place[0]] + (lines ? [iy] : []) + [ix, place[place.count - 1]]]
                        if all.allSatisfy({ $0 < v }) {
                            let plane = try attributes.int("storage_order", 0) == 1 ? ix * g.h + iy : iy * g.w + ix
                            from = Double((place[0] * g.c + place[place.count - 1]) * g.h * g.w + plane)
                        }
                        all.append(v)
                    }
                }
                at.append(from)
                if isMax { return all.max() ?? 0 }
                return all.reduce(0, +) / Double(whole ? count : all.count)
            }
            return t.y.count == 1 ? [y] : [y, NdArray(y.shape, at)]
        }
    }
}
