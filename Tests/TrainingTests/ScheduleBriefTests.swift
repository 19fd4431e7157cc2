import Engine
import Testing
import Training

/// `accelat-brief` on models of training whose answers are known.
@Suite struct ScheduleBriefTests {
    /// Robust accuracy of a network as a schedule sees it: it nears `limit` at a speed that grows with the rate, wobbles
    /// with the rate too, and is lost above `stable`.
    struct World {
        var limit = 0.4
        var speed = 20.0
        var wobble = 0.5
        var stable = 0.15
        /// Images an accuracy is measured on; 0: it is exact.
        var images = 0
        private(set) var skill = 0.02
        private var random = Random(seed: 3)

        init(limit: Double = 0.4, speed: Double = 20, wobble: Double = 0.5, images: Int = 0) {
            (self.limit, self.speed, self.wobble, self.images) = (limit, speed, wobble, images)
        }

        mutating func step(_ rate: Double, of steps: Double) {
            skill += (rate <= stable ? speed * rate * (limit - skill) : -2 * skill) / steps
        }

        func exact(_ rate: Double) -> Double { min(max(skill - wobble * rate, 0), 1) }

        mutating func accuracy(_ rate: Double) -> Double {
            var right = 0
            for _ in 0..<images where Double(random.uniform()) < exact(rate) { right += 1 }
            return images > 0 ? Double(right) / Double(images) : exact(rate)
        }
    }

    /// What happened: rates of all steps, and where training ended.
    struct Course {
        var rates: [Double] = []
        var end = 0.0
        var accuracy = 0.0
        var peak: Double { rates.max() ?? 0 }
        /// The epoch from which rates only fall.
        var coolStart: Double {
            var i = rates.count - 1
            while i > 0 && rates[i - 1] > rates[i] { i -= 1 }
            return Double(i) / 64
        }
    }

    /// Trains `world` in 64 steps an epoch for at most 40 epochs; the guard goes back at each of `collapses`.
    static func train(
        _ settings: [(String, Double)] = [], _ world: World = World(), collapses: [Double] = [],
        accuracy: ((Double) -> Double)? = nil
    ) throws -> Course {
        let made = try schedule("accelat-brief", settings)
        var (world, course) = (world, Course())
        let every = 64 / made.observationsPerEpoch
        for step in 0..<64 * 40 {
            let progress = Double(step) / 64
            if made.isFinished(at: progress) { break }
            let rate = Double(made.rate(at: progress))
            course.rates.append(rate)
            world.step(rate, of: 64)
            let now = Double(step + 1) / 64
            course.end = now
            if (step + 1) % every == 0 {
                let seen = world.accuracy(rate)
                made.observe(
                    EpochReport(
                        progress: now, accuracy: accuracy?(now) ?? seen, images: world.images,
                        loss: 2 - 2 * world.exact(rate)))
            }
            if collapses.contains(now) {
                made.observe(EpochReport(progress: now, accuracy: 0, loss: .nan, diverged: true))
                made.recover(at: now)
            }
        }
        course.accuracy = world.skill
        return course
    }

    @Test func aCurveThatSaturatesCoolsOnceDownToNothing() throws {
        for images in [0, 1000, 200] {
            let course = try Self.train([], World(images: images))
            #expect(course.coolStart >= 2 && course.coolStart < 6, "\(images): \(course.coolStart)")
            #expect(abs(course.end - course.coolStart * 1.6) < 0.05, "\(images): \(course.end)")
            #expect((course.rates.last ?? 1) < 0.05 * course.peak, "\(images)")
            #expect(course.accuracy > 0.3, "\(images): \(course.accuracy)")
        }
    }

    @Test func theRateClimbsOnceEpsilonIsFullWhileAccuracyClearlyGains() throws {
        for rate in [0.02, 0.03, 0.08] {
            let course = try Self.train([("rate", rate)])
            #expect(course.rates[..<80].max() == Double(Float(rate)), "\(rate): not while ε grows")
            #expect(abs(course.peak - 1.5 * rate) < 1e-6, "\(rate): \(course.peak)")
        }
        #expect(try Self.train([("most", 8)]).peak > 0.1)
        let unclear = try Self.train([("rate", 0.02)], World(images: 50))
        #expect(unclear.peak == Double(Float(0.02)))
    }

    @Test func aRateThatHurtsIsTakenBack() throws {
        let falls = try Self.train(accuracy: { $0 < 1.4 ? 0.3 * $0 : 0.02 })
        #expect(abs(falls.peak - 0.045) < 1e-6 && abs(falls.rates[Int(1.6 * 64)] - 0.03) < 1e-6)
    }

    @Test func withoutImprovementItCoolsAtTheFirstMoment() throws {
        let course = try Self.train(accuracy: { _ in 0.1 })
        #expect(course.coolStart == 2)
        #expect(abs(course.end - 3.2) < 0.02)
    }

    @Test func whileAccuracyGainsItHoldsUntilTheBudgetMakesItCool() throws {
        for budget in [0.25, 0.6, 1, 3, 10] {
            let course = try Self.train([("epochs", budget), ("search", 0)], accuracy: { min(0.09 * $0, 1) })
            #expect(abs(course.coolStart - budget / 1.6) < 1.5 / 64, "\(budget): \(course.coolStart)")
            #expect(abs(course.end - budget) < 1.5 / 64, "\(budget): \(course.end)")
            #expect(abs(course.peak - 0.03) < 1e-6, "\(budget): warm before it cools")
        }
    }

    @Test func everyRecoveryHalvesThePeakAndWarmsUpAgain() throws {
        let course = try Self.train([("search", 0), ("trigger", 0), ("epochs", 8)], collapses: [1, 2])
        let at = { (epoch: Double) in course.rates[Int(epoch * 64)] }
        #expect(abs(at(0.9) - 0.03) < 1e-6 && abs(at(1.9) - 0.015) < 1e-6 && abs(at(2.9) - 0.0075) < 1e-6)
        #expect(at(1) < 0.003 && at(2) < 0.0015)
        let hopeless = try Self.train([("epochs", 20)], collapses: [1, 2, 3, 4], accuracy: { min(0.09 * $0, 1) })
        #expect(abs(hopeless.end - 6.4) < 0.02)
    }

    @Test func everyPartCanBeSwitchedOff() throws {
        let plain = [("warmup", 0.0), ("search", 0), ("trigger", 0), ("cool", 0), ("epochs", 4)]
        let constant = try Self.train(plain)
        #expect(constant.rates == [Double](repeating: Double(Float(0.03)), count: 256))
        let noRecovery = try Self.train(plain + [("recovery", 0)], collapses: [1])
        #expect(noRecovery.rates == constant.rates)
        #expect(try Self.train([("search", 0)]).peak == Double(Float(0.03)))
        #expect(try Self.train([("warmup", 0)]).rates[0] == Double(Float(0.03)))
        #expect(try Self.train([("trigger", 0), ("epochs", 8)]).end == 8)
        #expect(try schedule("accelat-brief", [("observations", 1)]).observationsPerEpoch == 1)
        let sparse = try Self.train([("observations", 1)])
        #expect(sparse.end < 12 && sparse.accuracy > 0.2)
    }

    @Test func shortEpochsCountAsPartsOfAPeriod() throws {
        let one = try schedule("accelat-brief", [("period", 4)])
        #expect(one.observationsPerEpoch == 1 && one.epsilonRamp == 4)
        let course = try Self.train([("period", 4)], accuracy: { _ in 0.1 })
        #expect(course.coolStart == 8)
    }

    @Test func withoutAccuraciesItUsesItsBudget() throws {
        let course = try Self.train([("epochs", 5)], accuracy: { _ in .nan })
        #expect(course.end == 5 && abs(course.coolStart - 3.125) < 1.5 / 64)
    }

    @Test func theSameReportsGiveTheSameRates() throws {
        let noisy = World(images: 200)
        #expect(try Self.train([], noisy).rates == Self.train([], noisy).rates)
    }
}
