import Engine
import Foundation
import Testing
import Training

/// Optimizers against PyTorch's formulas in double precision.
@Suite struct OptimizerTests {
    static let count = 37

    /// Five steps from fixed weights and gradients; in three parts if `split`.
    static func run(_ optimizer: any Optimizer, decays: Bool, split: Bool = false) -> [Float] {
        var (w, g) = (start, [Float](repeating: 0, count: count))
        var state = [Float](repeating: 0, count: max(1, optimizer.slots * count))
        for time in 1...5 {
            for i in 0..<count { g[i] = gradient(i, time) }
            w.withUnsafeMutableBufferPointer { w in
                g.withUnsafeMutableBufferPointer { g in
                    state.withUnsafeMutableBufferPointer { state in
                        let all = ParameterSlice(
                            weights: w.baseAddress!, gradients: g.baseAddress!, state: state.baseAddress!,
                            stride: count, count: count, decays: decays)
                        for range in split ? [0..<10, 10..<11, 11..<count] : [0..<count] {
                            optimizer.step(all.part(range), rate: 0.05, time: time)
                        }
                    }
                }
            }
        }
        return w
    }

    static let start = (0..<count).map { Float(($0 * 29) % 17 - 8) / 7 }
    static func gradient(_ i: Int, _ time: Int) -> Float { Float((i * 13 + time * 7) % 11 - 5) / 9 }

    /// torch.optim.SGD, as its documentation states it.
    static func sgd(_ o: SGD, decays: Bool) -> [Double] {
        (0..<count).map { i in
            var (w, m) = (Double(start[i]), 0.0)
            for time in 1...5 {
                var g = Double(gradient(i, time)) + (decays ? Double(o.weightDecay) * w : 0)
                if o.momentum != 0 {
                    m = time == 1 ? g : Double(o.momentum) * m + g
                    g = o.nesterov ? g + Double(o.momentum) * m : m
                }
                w -= Double(Float(0.05)) * g
            }
            return w
        }
    }

    /// torch.optim.AdamW, as its documentation states it.
    static func adamW(_ o: AdamW, decays: Bool) -> [Double] {
        (0..<count).map { i in
            var (w, m, v) = (Double(start[i]), 0.0, 0.0)
            let rate = Double(Float(0.05))
            for time in 1...5 {
                let g = Double(gradient(i, time))
                if decays { w -= rate * o.weightDecay * w }
                m = o.beta1 * m + (1 - o.beta1) * g
                v = o.beta2 * v + (1 - o.beta2) * g * g
                let (mHat, vHat) = (m / (1 - pow(o.beta1, Double(time))), v / (1 - pow(o.beta2, Double(time))))
                w -= rate * mHat / (sqrt(vHat) + o.epsilon)
            }
            return w
        }
    }

    @Test func fiveStepsEqualPyTorchs() {
        for decays in [false, true] {
            let sgds = [
                SGD(momentum: 0, weightDecay: 0.01), SGD(), SGD(momentum: 0.8, nesterov: true, weightDecay: 0.1),
            ]
            var cases: [(any Optimizer, [Double])] = sgds.map { ($0, Self.sgd($0, decays: decays)) }
            for o in [AdamW(), AdamW(beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.2)] {
                cases.append((o, Self.adamW(o, decays: decays)))
            }
            for (optimizer, want) in cases {
                let got = Self.run(optimizer, decays: decays)
                let worst = zip(got, want).map { abs(Double($0) - $1) }.max() ?? 1
                #expect(worst < 1e-6, "\(optimizer.name), decays \(decays): \(worst)")
                #expect(got == Self.run(optimizer, decays: decays, split: true))
            }
        }
    }

    @Test func anAverageIsShortAtFirstAndExponentialLater() {
        let average = WeightAverage(decay: 0.75)
        var (a, want) = ([Float](repeating: 99, count: 3), 0.0)
        for time in 1...40 {
            let w = [Float](repeating: Float(time * time), count: 3)
            average.step(&a, weights: w, count: 3, time: time)
            // At decay 0.75 the memory is full from step 27 on.
            let d = time == 1 ? 0 : time < 27 ? Double(time) / Double(9 + time) : 0.75
            want = d * want + (1 - d) * Double(w[0])
            #expect(abs(Double(a[2]) - want) < 1e-5 * max(want, 1), "after \(time)")
        }
    }

    @Test func clippingKeepsDirectionAndLeavesShortOrInfiniteGradients() {
        for (g, limit, norm, factor) in [
            ([3, 4], 1, 5, 0.2), ([3, 4], 10, 5, 1), ([3, .infinity], 1, .infinity, 1),
        ] as [([Float], Float, Double, Float)] {
            var (clipped, w) = (g, [Float](repeating: 0, count: 2))
            clipped.withUnsafeMutableBufferPointer { c in
                w.withUnsafeMutableBufferPointer { w in
                    let halves = (0..<2).map {
                        ParameterSlice(
                            weights: w.baseAddress! + $0, gradients: c.baseAddress! + $0, state: w.baseAddress!,
                            stride: 0, count: 1, decays: true)
                    }
                    #expect(clipGradients(halves, to: limit) == norm)
                }
            }
            #expect(zip(clipped, g).allSatisfy { $0 == $1 || abs($0 - $1 * factor) < 1e-5 })
        }
    }

    @Test func optimizersAreNamedAndJunkIsRefused() throws {
        for (text, name, slots) in [
            ("sgd", "sgd", 1), ("sgd:0", "sgd", 0), ("nesterov:0.8", "nesterov", 1), ("adamw", "adamw", 2),
        ] {
            let made = try optimizer(text)
            #expect(made.name == name && made.slots == slots)
        }
        for text in ["", "adam", "sgd:1", "sgd:-0.1", "sgd:x", "nesterov:0", "adamw:0.9", "sgd:0.9:1"] {
            #expect(throws: KingletError.self, "\(text)") { try optimizer(text) }
        }
        #expect(throws: KingletError.self) { try optimizer("sgd", weightDecay: -1) }
    }
}
