import CSystem
import Engine

/// The C library's functions under names that closures can use.
enum Math {
    static func exp(_ x: Double) -> Double { ks_exp(x) }
    static func log(_ x: Double) -> Double { ks_log(x) }
    static func tanh(_ x: Double) -> Double { 1 - 2 / (ks_exp(2 * x) + 1) }
    static func pow(_ x: Double, _ y: Double) -> Double { ks_pow(x, y) }
}

/// Operators that move elements.
extension OpReference {
    static let transpose: Formula = { t in
        let x = NdArray(t.given[0])
        let permutation = try t.test.attributes.ints("perm") ?? x.shape.indices.reversed()
        return [
            NdArray(permutation.map { x.shape[$0] }) { place in
                var from = place
                for (k, axis) in permutation.enumerated() { from[axis] = place[k] }
                return x[from]
            }
        ]
    }

    static let slice: Formula = { t in
        let x = NdArray(t.given[0])
        func list(_ name: String, _ i: Int) throws -> [Int]? {
            try t.test.attributes.ints(name) ?? (t.given.count > i ? t.given[i].ints : nil)
        }
        let (starts, ends) = (try list("starts", 1) ?? [], try list("ends", 2) ?? [])
        let steps = try list("steps", 4) ?? starts.map { _ in 1 }
        let axes = try list("axes", 3).map { $0.map { $0 < 0 ? $0 + x.shape.count : $0 } } ?? Array(starts.indices)
        // The places taken along every axis.
        var taken = x.shape.map { Array(0..<$0) }
        for (i, k) in axes.enumerated() {
            let (d, step) = (x.shape[k], steps[i])
            let low = starts[i] < 0 ? starts[i] + d : starts[i]
            let high = ends[i] < 0 ? ends[i] + d : ends[i]
            let first = step > 0 ? max(0, low) : min(d - 1, low)
            taken[k] = Array(stride(from: first, to: step > 0 ? min(high, d) : max(high, -1), by: step))
        }
        return [NdArray(taken.map { $0.count }) { place in x[zip(place, taken).map { $1[$0] }] }]
    }

    static let pad: Formula = { t in
        let x = NdArray(t.given[0])
        let rank = x.shape.count
        let pads = try t.test.attributes.ints("pads") ?? t.given[1].ints
        let axes = t.given.count > 3 ? t.given[3].ints.map { $0 < 0 ? $0 + rank : $0 } : Array(0..<rank)
        let value = t.given.count > 2 ? NdArray(t.given[2]).values[0] : Double(try t.test.attributes.float("value", 0))
        let mode = try t.test.attributes.string("mode", "constant")
        var (before, shape) = ([Int](repeating: 0, count: rank), x.shape)
        for (i, k) in axes.enumerated() {
            before[k] = pads[i]
            shape[k] += pads[i] + pads[i + axes.count]
        }
        return [
            NdArray(shape) { place in
                let from = place.indices.map { k -> Int? in
                    let (i, d) = (place[k] - before[k], x.shape[k])
                    if i >= 0 && i < d { return i }
                    switch mode {
                    case "edge": return min(max(i, 0), d - 1)
                    case "reflect": return i < 0 ? -i : 2 * d - 2 - i
                    case "wrap": return (i + 10 * d) % d
                    default: return nil
                    }
                }
                return from.contains(nil) ? value : x[from.map { $0 ?? 0 }]
            }
        ]
    }

    static let gather: Formula = { t in
        let (x, indices) = (NdArray(t.given[0]), NdArray(t.given[1]))
        let axis = try t.test.attributes.int("axis", 0)
        let rank = indices.shape.count
        return [
            NdArray(t.y[0].shape) { place in
                let i = Int(indices[Array(place[axis..<axis + rank])])
                return x[Array(place[..<axis]) + [i < 0 ? i + x.shape[axis] : i] + Array(place[(axis + rank)...])]
            }
        ]
    }

    static let concat: Formula = { t in
        let x = t.given.map { NdArray($0) }
        var axis = try t.test.attributes.int("axis", 0)
        if axis < 0 { axis += x[0].shape.count }
        return [
            NdArray(t.y[0].shape) { place in
                var (k, at) = (0, place)
                while at[axis] >= x[k].shape[axis] {
                    at[axis] -= x[k].shape[axis]
                    k += 1
                }
                return x[k][at]
            }
        ]
    }

    static let split: Formula = { t in
        let x = NdArray(t.given[0])
        var axis = try t.test.attributes.int("axis", 0)
        if axis < 0 { axis += x.shape.count }
        var start = 0
        return t.y.map { y in
            let part = NdArray(y.shape) { place in
                var from = place
                from[axis] += start
                return x[from]
            }
            start += y.shape[axis]
            return part
        }
    }

    static let expand: Formula = { t in
        let x = NdArray(t.given[0])
        return [NdArray(t.y[0].shape) { x.spread($0) }]
    }

    /// The same elements under the shape that the operator says.
    static let same: Formula = { t in
        t.y.enumerated().map { i, y in
            i == 0 ? NdArray(y.shape, NdArray(t.given[0]).values) : NdArray(y.shape) { _ in 1 }
        }
    }
}
