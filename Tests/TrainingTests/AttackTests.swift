import Engine
import Foundation
import Testing
import Training

@Suite struct AttackTests {
    static let texts = [
        "fgsm", "fgsm-rs", "pgd:7", "pgd:20,,,3", "pgd-margin:5", "pgd-l2:10,40px", "pgd-l2:5,30px,,2", "deepfool:20",
    ]

    static func fooled(_ model: ToyModel, _ images: ToyImages, _ adversarial: [Float]) -> Int {
        zip(predictions(model, adversarial), images.labels).reduce(0) { $0 + ($1.1 >= 0 && $1.0 != Int($1.1) ? 1 : 0) }
    }

    @Test func resultsStayInTheBallInTheRangeAndOnTheGrid() throws {
        for hidden in [0, 12] {
            let model = ToyModel(batch: 7, hidden: hidden)
            let images = ToyImages(40, for: model)
            for text in Self.texts {
                for epsilon in [0.4, 2.55, 8] as [Float] {
                    let spec = try AttackSpec(parsing: text)
                    for grid in [true, false] {
                        let attack = try #require(
                            try spec.make(epsilon: Epsilon(pixels: epsilon), model: model, evaluating: grid))
                        let result = attacked(attack, model, images)
                        let what: Comment = "\(text), epsilon \(epsilon), grid \(grid), hidden \(hidden)"
                        let reach = spec.norm == .max ? epsilon : attack.epsilon
                        let change =
                            spec.norm == .max
                            ? Double(largestChange(result, images.values))
                            : longestChange(result, images.values, pixels: 48)
                        #expect(change <= Double(reach) + (grid ? 0 : 1e-4), what)
                        #expect(result.allSatisfy { $0 >= 0 && $0 <= 255 }, what)
                        #expect(!grid || result.allSatisfy { $0 == $0.rounded() }, what)
                        #expect(result[9 * 48..<10 * 48] == images.values[9 * 48..<10 * 48], what)
                        #expect(epsilon < 1 && grid || result != images.values, what)
                    }
                }
            }
        }
    }

    @Test func trainingAttacksKeepTheirOwnBounds() throws {
        let model = ToyModel(batch: 8, hidden: 12)
        let images = ToyImages(40, for: model)
        for (text, reach) in [("nfgsm", 24), ("trades:6", 8), ("static", 8), ("fgsm-rs", 8)] as [(String, Float)] {
            let spec = try AttackSpec(parsing: text)
            let attack = try #require(
                try spec.make(epsilon: Epsilon(pixels: 8), model: model, evaluating: false))
            let result = attacked(attack, model, images)
            let change = largestChange(result, images.values)
            #expect(change <= reach + 1e-4 && change > reach / 2, "\(text): \(change)")
            #expect(result.allSatisfy { $0 >= 0 && $0 <= 255 })
            #expect(Self.fooled(model, images, result) > 0, "\(text)")
            attack.epsilon = 2
            #expect(largestChange(attacked(attack, model, images), images.values) <= reach / 4 + 1e-4, "\(text) ramped")
            if spec.trainsOnly {
                #expect(throws: KingletError.self) {
                    try spec.make(epsilon: Epsilon(pixels: 8), model: model, evaluating: true)
                }
            }
        }
    }

    @Test func moreWorkFoolsMoreImages() throws {
        for hidden in [0, 24] {
            let model = ToyModel(batch: 16, hidden: hidden, scale: 3)
            let images = ToyImages(200, for: model)
            func count(_ text: String) throws -> Int {
                let attack = try #require(
                    try AttackSpec(parsing: text).make(epsilon: Epsilon(pixels: 10), model: model, evaluating: true))
                return Self.fooled(model, images, attacked(attack, model, images))
            }
            let (fgsm, pgd) = (try count("fgsm"), try count("pgd:20"))
            #expect(pgd >= fgsm && fgsm > 0, "PGD \(pgd), FGSM \(fgsm)")
            let (one, many) = (try count("pgd:3,,2px"), try count("pgd:3,,2px,8"))
            #expect(many >= one && many > 0, "8 restarts \(many), 1 restart \(one)")
        }
    }

    @Test func restartsKeepTheWorstOfEachImage() throws {
        let model = ToyModel(batch: 8, hidden: 24)
        let images = ToyImages(60, for: model)
        func losses(_ restarts: Int) throws -> [Double] {
            let attack = try #require(
                try AttackSpec(.pgd, steps: 2, restarts: restarts)
                    .make(epsilon: Epsilon(pixels: 3), model: model, evaluating: true))
            let result = attacked(attack, model, images)
            let one = ToyModel(batch: 1, hidden: 24)
            return (0..<60).map { i in
                let z = one.logits(Array(result[i * 48..<(i + 1) * 48]))
                let label = Int(images.labels[i])
                if label < 0 { return 0 }
                // Once an image fools the model its loss matters no longer.
                if largest(z, 5) != label { return .infinity }
                return CrossEntropy().row(z, classes: 5, label: label, weight: 1, to: nil)
            }
        }
        let (one, two, nine) = (try losses(1), try losses(2), try losses(9))
        #expect(zip(one, two).allSatisfy { $0 <= $1 } && zip(two, nine).allSatisfy { $0 <= $1 } && one != nine)
    }

    @Test func targetedAttacksReachTheirTarget() throws {
        for hidden in [0, 12] {
            let model = ToyModel(batch: 5, hidden: hidden)
            let images = ToyImages(30, for: model)
            let targets = images.labels.map { $0 < 0 ? -1 : ($0 + 1) % 5 }
            for text in ["pgd:40,120px,4px", "pgd-margin:40,120px,4px", "pgd-l2:40,600px,40px,2", "deepfool:50"] {
                let attack = try #require(
                    try AttackSpec(parsing: text)
                        .make(epsilon: Epsilon(pixels: 255), model: model, evaluating: true, targeted: true))
                let got = predictions(model, attacked(attack, model, images, targets: targets))
                let hits = zip(got, targets).filter { $0.0 == Int($0.1) }.count
                #expect(hits >= 26, "\(text), hidden \(hidden): \(hits) of 27")
            }
        }
    }

    @Test func resultsDependOnTheImageAndTheSeedNotOnTheBatch() throws {
        let models = [1, 7, 32].map { ToyModel(batch: $0, hidden: 12) }
        let images = ToyImages(32, for: models[0])
        for text in Self.texts + ["nfgsm", "trades:3"] {
            let results = try models.map { model in
                let attack = try #require(
                    try AttackSpec(parsing: text).make(epsilon: Epsilon(pixels: 6), model: model, evaluating: false))
                let first = attacked(attack, model, images)
                #expect(attacked(attack, model, images) == first, "\(text) again")
                let random = !["fgsm", "deepfool:20"].contains(text)
                #expect((attacked(attack, model, images, seed: 4) != first) == random, "\(text), other seed")
                return first
            }
            #expect(results[0] == results[1] && results[1] == results[2], "\(text)")
        }
    }

    @Test func deepFoolFindsTheDistanceToABorder() throws {
        let model = ToyModel(batch: 4, classes: 2)
        let images = ToyImages(24, for: model, unlabelled: false)
        // Far from the ends of the range, so that no pixel is cut off.
        for i in images.values.indices { images.values[i] = 128 + (images.values[i] - 128) / 4 }
        images.labels = predictions(model, images.values).map { Int32($0) }
        var settings = DeepFool.Settings()
        settings.grid = false
        let attack = try DeepFool(settings, batch: 4, pixels: 48, classes: 2)
        let result = attacked(attack, model, images)
        let w = (0..<48).map { Double(model.w2[$0] - model.w2[48 + $0]) / 128 }
        let size = w.reduce(0) { $0 + $1 * $1 }.squareRoot()
        for i in 0..<24 {
            let x = images.values[i * 48..<(i + 1) * 48].map { Double($0) }
            let f = zip(w, x).reduce(Double(model.b[0] - model.b[1])) { $0 + $1.0 * ($1.1 - 128) }
            let range = i * 48..<(i + 1) * 48
            let moved = longestChange(Array(result[range]), Array(images.values[range]), pixels: 48)
            #expect(abs(moved - 1.02 * abs(f) / size) < 1e-2 * moved + 1e-3, "image \(i)")
        }
        #expect(Self.fooled(model, images, result) == 24)
    }

    @Test func deepFoolFoolsEveryImageOnTheGridToo() throws {
        for hidden in [0, 24] {
            let model = ToyModel(batch: 16, classes: 20, hidden: hidden)
            let images = ToyImages(50, for: model)
            let attack = try DeepFool(DeepFool.Settings(), batch: 16, pixels: 48, classes: 20)
            #expect(Self.fooled(model, images, attacked(attack, model, images)) == 45)
        }
    }

    @Test func freePerturbationsLiveOnInsideTheirBall() throws {
        let free = try FreePerturbation(batch: 3, pixels: 2)
        let x: [Float] = [0, 255, 100, 100, 250, 3]
        var out = [Float](repeating: .nan, count: 6)
        for (gradient, want) in [
            ([1, -1, 0, 2, 9, -9], [4, 251, 100, 104, 254, 0]), ([1, 1, 0, 2, 9, 9], [4, 255, 100, 104, 254, 3]),
        ] as [([Float], [Float])] {
            gradient.withUnsafeBufferPointer { g in
                free.update(g.baseAddress!, rows: 0..<2, epsilon: 4)
                free.update(g.baseAddress! + 4, rows: 2..<3, epsilon: 4)
            }
            free.apply(x, rows: 0..<3, to: &out)
            #expect(out == want)
        }
    }
}
