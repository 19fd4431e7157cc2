import Foundation
import Testing
import Training

/// Losses against their formulas in double precision and their gradients against central differences.
@Suite struct LossTests {
    /// Rows of logits: ordinary, equal, far apart, beyond what exp takes.
    static let rows: [[Float]] = [
        [0.5, -1.25, 2, 0.125], [1, 1, 1, 1], [30, -30, 10, -10], [5000, 4990, -5000, 0],
        [-2e4, -2e4, -2e4, -2.0001e4],
    ]

    static func exactSoftmax(_ z: [Double]) -> [Double] {
        let top = z.max() ?? 0
        let e = z.map { exp($0 - top) }
        return e.map { $0 / e.reduce(0, +) }
    }

    static func reference(_ loss: any Loss, _ z: [Double], _ label: Int) -> Double {
        if loss is MarginLoss { return z.indices.filter { $0 != label }.map { z[$0] }.max()! - z[label] }
        let s = (loss as! CrossEntropy).smoothing
        let top = z.max()!
        let logs = z.map { $0 - top - log(z.reduce(0) { $0 + exp($1 - top) }) }
        return -(1 - s) * logs[label] - s * logs.reduce(0, +) / Double(z.count)
    }

    static let losses: [any Loss] = [CrossEntropy(), CrossEntropy(smoothing: 0.1), MarginLoss()]

    @Test func lossesAndGradientsFollowTheirFormulas() {
        for loss in Self.losses {
            for z in Self.rows {
                for label in z.indices {
                    var dz = [Float](repeating: .nan, count: z.count)
                    let value = loss.row(z, classes: z.count, label: label, weight: 0.25, to: &dz)
                    let exact = z.map { Double($0) }
                    let want = Self.reference(loss, exact, label)
                    #expect(abs(value - want) <= 1e-6 * max(1, abs(want)), "\(loss) \(z) \(label)")
                    guard !(loss is MarginLoss && Set(z).count < z.count) else { continue }
                    let worst = z.indices.map { j in
                        var (up, down) = (exact, exact)
                        up[j] += 1e-4
                        down[j] -= 1e-4
                        let slope = (Self.reference(loss, up, label) - Self.reference(loss, down, label)) / 2e-4
                        return abs(Double(dz[j]) - 0.25 * slope)
                    }.max()!
                    #expect(worst < 2e-6, "\(loss) \(z) \(label): \(worst)")
                }
            }
        }
    }

    @Test func theGradientOfAVerySureModelStillPointsAwayFromTheLabel() {
        for gap in [20, 40, 80] as [Float] {
            var dz: [Float] = [0, 0, 0]
            _ = CrossEntropy().row([gap, 0, -5], classes: 3, label: 0, weight: 1, to: &dz)
            #expect(
                dz[0] < 0 && dz[1] > dz[2] && dz[2] > 0 && abs(dz[0] + dz[1] + dz[2]) < 1e-6 * dz[1], "\(gap): \(dz)")
        }
    }

    @Test func divergenceAndItsGradientsFollowTheirFormulas() {
        func kl(_ z: [Double], _ other: [Double]) -> Double {
            let (p, q) = (Self.exactSoftmax(z), Self.exactSoftmax(other))
            return 6 * zip(p, q).reduce(0) { $0 + ($1.0 > 0 ? $1.0 * log($1.0 / $1.1) : 0) }
        }
        let loss = TRADES(beta: 6)
        for z in Self.rows[..<2] + [[3, -2, 0.5, 1]] {
            for other in Self.rows[..<2] + [[-1, 2, 2.5, 0]] {
                var (dz, dother) = ([Float](repeating: 1, count: 4), [Float](repeating: .nan, count: 4))
                let value = loss.row(
                    clean: z, attacked: other, classes: 4, weight: 0.5, toClean: &dz, adds: true, toAttacked: &dother)
                let (a, b) = (z.map { Double($0) }, other.map { Double($0) })
                #expect(abs(value - kl(a, b)) < 1e-6 && value >= 0)
                for j in 0..<4 {
                    var (up, down) = (a, a)
                    up[j] += 1e-4
                    down[j] -= 1e-4
                    #expect(abs(Double(dz[j]) - 1 - 0.5 * (kl(up, b) - kl(down, b)) / 2e-4) < 1e-6)
                    (up, down) = (b, b)
                    up[j] += 1e-4
                    down[j] -= 1e-4
                    #expect(abs(Double(dother[j]) - 0.5 * (kl(a, up) - kl(a, down)) / 2e-4) < 1e-6)
                }
            }
        }
    }

    @Test func microBatchesAddUpAndRowsWithoutLabelCountNothing() {
        let logits = Self.rows.flatMap { $0 }
        let labels: [Int32] = [2, -1, 1, 0, 3]
        for loss in Self.losses {
            var (whole, parts) = ([Float](repeating: .nan, count: 20), [Float](repeating: .nan, count: 20))
            let sums = loss.batch(logits, labels: labels, rows: 5, classes: 4, weight: 0.25, to: &whole)
            var added = LossSums()
            for first in [0, 2, 4] {
                parts.withUnsafeMutableBufferPointer { p in
                    logits.withUnsafeBufferPointer { z in
                        labels.withUnsafeBufferPointer { l in
                            added += loss.batch(
                                z.baseAddress! + 4 * first, labels: l.baseAddress! + first, rows: min(2, 5 - first),
                                classes: 4, weight: 0.25, to: p.baseAddress! + 4 * first)
                        }
                    }
                }
            }
            #expect(whole == parts && abs(added.loss - sums.loss) < 1e-9 * abs(sums.loss))
            #expect(sums.rows == 4 && sums.correct == 2 && added.correct == 2 && added.rows == 4)
            #expect(whole[4..<8].allSatisfy { $0 == 0 })
        }
    }

    @Test func softmaxSumsToOneAndNotANumberIsNobodysPrediction() {
        for z in Self.rows {
            var p = z
            p.withUnsafeMutableBufferPointer { softmax(UnsafePointer($0.baseAddress!), 4, to: $0.baseAddress!) }
            #expect(abs(p.reduce(0, +) - 1) < 1e-6)
            let want = Self.exactSoftmax(z.map { Double($0) })
            #expect(zip(p, want).allSatisfy { abs(Double($0) - $1) < 1e-6 })
        }
        #expect(largest([1, .nan, 3], 3) == -1 && largest([1, 3, 3], 3) == 1)
    }
}
