import CSystem
import Engine

/// How the range of an activation that int8 covers is chosen from what calibration saw.
public enum Calibration: Sendable, Equatable {
    /// All values: nothing saturates.
    case minMax
    /// The given percentage of the values, half of the rest cut off at either end.
    case percentile(Double)
    /// The range with the least mean squared error of its int8 values.
    case mse
}

/// The values of one activation over all calibration images: first their extremes, then, where asked for, a histogram.
package struct Observation {
    private(set) var low = Float.infinity
    private(set) var high = -Float.infinity
    private var counts: [Int] = []
    private static let bins = 2048

    package init() {}

    /// First pass.
    package mutating func extend(_ values: UnsafeBufferPointer<Float>) {
        for v in values where v.isFinite {
            if v < low { low = v }
            if v > high { high = v }
        }
    }

    /// Second pass.
    package mutating func count(_ values: UnsafeBufferPointer<Float>) {
        if counts.isEmpty { counts = [Int](repeating: 0, count: Observation.bins) }
        guard high > low else { return }
        let scale = Float(Observation.bins) / (high - low)
        counts.withUnsafeMutableBufferPointer { counts in
            for v in values where v.isFinite {
                counts[max(0, min(Observation.bins - 1, Int((v - low) * scale)))] += 1
            }
        }
    }

    /// The range to cover, which always holds 0: padding and Relu need it exactly.
    package func range(_ calibration: Calibration) -> ClosedRange<Float> {
        guard low <= high else { return 0...0 }
        let all = min(low, 0)...max(high, 0)
        switch calibration {
        case .minMax: return all
        case .percentile(let share): return counts.isEmpty ? all : percentile(share)
        case .mse: return counts.isEmpty ? all : leastError(all)
        }
    }

    /// The middle of bin `i`.
    private func center(_ i: Int) -> Float { low + (Float(i) + 0.5) * (high - low) / Float(Observation.bins) }

    private func percentile(_ share: Double) -> ClosedRange<Float> {
        let cut = Double(counts.reduce(0, +)) * (1 - share / 100) / 2
        var (first, last) = (0, counts.count - 1)
        var seen = counts[first]
        while first < last, Double(seen) <= cut {
            first += 1
            seen += counts[first]
        }
        seen = counts[last]
        while last > first, Double(seen) <= cut {
            last -= 1
            seen += counts[last]
        }
        let width = (high - low) / Float(Observation.bins)
        return min(low + Float(first) * width, 0)...max(low + Float(last + 1) * width, 0)
    }

    /// Tries ever narrower ranges; the error of a value is its rounding inside and the cut outside.
    private func leastError(_ all: ClosedRange<Float>) -> ClosedRange<Float> {
        var best = (error: Double.infinity, range: all)
        for step in 0..<64 {
            let part = 1 - Float(step) / 80
            let range = all.lowerBound * part...all.upperBound * part
            let scale = Double(range.upperBound - range.lowerBound) / 255
            var error = 0.0
            for (i, n) in counts.enumerated() where n > 0 {
                let v = center(i)
                let cut = Double(v - min(max(v, range.lowerBound), range.upperBound))
                error += Double(n) * (cut == 0 ? scale * scale / 12 : cut * cut)
            }
            if error < best.error { best = (error, range) }
        }
        return best.range
    }
}

/// Scale and zero point of an int8 activation: x = scale · (q - zero).
package struct Affine: Sendable, Equatable {
    package let scale: Float
    package let zero: Int8

    /// Covers `range` with -128 … 127, 0 exactly.
    package init(covering range: ClosedRange<Float>) {
        let width = range.upperBound - range.lowerBound
        guard width.isFinite, width >= Float.leastNormalMagnitude * 255 else {
            (scale, zero) = (1, 0)
            return
        }
        scale = width / 255
        zero = Int8(max(-128, min(127, (-128 - range.lowerBound / scale).rounded(.toNearestOrEven))))
    }
}
