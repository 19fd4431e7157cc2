import Engine
import Foundation
import Testing
import Training

@Suite struct EvaluationTests {
    @Test func intervalsAreWilsons() {
        for (hits, count, low, high) in [
            (0, 10, 0, 0.2775328), (10, 10, 0.7224672, 1), (5, 10, 0.2365931, 0.7634069),
            (523, 1000, 0.4920142, 0.5538098),
        ] as [(Int, Int, Double, Double)] {
            let p = Proportion(hits, of: count)
            #expect(
                abs(p.interval.low - low) < 1e-6 && abs(p.interval.high - high) < 1e-6,
                "\(hits)/\(count): \(p.interval)")
        }
        #expect(Proportion(523, of: 1000).text == "52.3 % ± 3.1")
        #expect(Proportion(0, of: 0).text == "no images")
    }

    @Test func talliesCountWhatTheModelSaysAndTheWorstAttackCountsForEachImage() throws {
        let model = ToyModel(batch: 8, hidden: 24, scale: 3)
        let images = ToyImages(101, for: model)
        // Some wrong labels, so that clean accuracy is not 1.
        for i in stride(from: 0, to: 100, by: 7) where images.labels[i] >= 0 {
            images.labels[i] = (images.labels[i] + 1) % 5
        }
        let entries = try ["clean", "fgsm", "pgd:10", "deepfool:5"].map {
            RobustEvaluation.Entry(
                name: $0,
                attack: try AttackSpec(parsing: $0).make(epsilon: Epsilon(pixels: 6), model: model, evaluating: true))
        }
        let evaluation = try RobustEvaluation(model, on: images, entries, seed: 3)
        for b in 0..<evaluation.batches { evaluation.run(b) }
        let tallies = evaluation.tallies
        #expect(tallies.map(\.name) == ["clean", "fgsm", "pgd:10", "deepfool:5", "worst of all"])
        let labelled = images.labels.filter { $0 >= 0 }.count
        for tally in tallies {
            #expect(tally.images.reduce(0, +) == labelled && tally.confusion.reduce(0, +) == labelled)
            #expect((0..<5).reduce(0) { $0 + tally.accuracy(of: $1).hits } == tally.accuracy.hits)
            #expect(tally.accuracy.hits >= tallies[4].accuracy.hits && tally.meanLoss <= tallies[4].meanLoss)
        }
        let results = entries.map { entry in
            predictions(model, entry.attack.map { attacked($0, model, images) } ?? images.values)
        }
        for (tally, result) in zip(tallies, results) {
            #expect(
                tally.accuracy.hits == zip(result, images.labels).filter { $0.0 == Int($0.1) }.count, "\(tally.name)")
        }
        let all = (0..<101).filter { i in results.allSatisfy { $0[i] == Int(images.labels[i]) } }.count
        #expect(tallies[4].accuracy.hits == all && all > 0)
    }

    @Test func logitsThatAreNoNumbersAreWrong() throws {
        let model = ToyModel(batch: 4)
        let images = ToyImages(8, for: model, unlabelled: false)
        model.b[2] = .nan
        let entries = [RobustEvaluation.Entry(name: "clean", attack: nil)]
        let evaluation = try RobustEvaluation(model, on: images, entries, seed: 0)
        for b in 0..<evaluation.batches { evaluation.run(b) }
        #expect(evaluation.tallies[0].accuracy == Proportion(0, of: 8) && evaluation.tallies[0].meanLoss.isNaN)
    }
}
