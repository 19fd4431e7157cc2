import CSystem
import Engine
import Tasks
import Testing

/// The worst of several attacks, and the pictures that pages show.
@Suite struct EvaluateTests {
    /// Written once, however many tests run at a time.
    private static let model = Result {
        let file = FineTuning.folder + "/judged.onnx"
        try FineTuning.model().write(to: file)
        return file
    }

    private static func run(_ attacks: String, _ epsilons: String) throws -> EvaluationRun {
        let file = try model.get()
        var options = EvaluateOptions(model: file, data: FineTuning.data)
        (options.attacks, options.epsilons, options.limit, options.threads) = (attacks, epsilons, 60, 1)
        let run = try EvaluationRun(options)
        while try run.next() != nil {}
        return run
    }

    @Test func theWorstOfAllIsRightOnlyWhereEveryAttackFailed() throws {
        let run = try Self.run("clean,fgsm,pgd:2,pgd-l2:2,fgsm:1/255", "2/255,6/255")
        let names = run.rows.map { $0.attack + " " + ($0.epsilon?.text ?? "") }
        #expect(names.suffix(2) == ["worst of all 2/255", "worst of all 6/255"] && names.count == 9)
        for worst in run.rows.suffix(2) {
            let those = run.rows.dropLast(2).filter {
                $0.epsilon == worst.epsilon || $0.attack == "clean" || $0.attack.hasPrefix("pgd-l2")
                    || $0.attack == "fgsm:1/255"
            }
            #expect(those.count == 5, "\(those.map { $0.attack })")
            // Images that all of them leave right, counted from what the model said of each.
            let clean = try #require(run.rows.first).predictions
            let labels = (0..<run.cache.count).map { run.cache.labels[$0] }
            let right = clean.indices.count { i in those.allSatisfy { $0.predictions[i] == labels[i] } }
            #expect(worst.tally.accuracy.hits == right && worst.tally.accuracy.count == 60)
            #expect(those.allSatisfy { $0.tally.meanLoss <= worst.tally.meanLoss })
            #expect(those.contains { $0.tally.accuracy.hits > right })
        }
    }

    @Test func oneAttackHasNoWorst() throws {
        #expect(try Self.run("clean,fgsm", "2/255").rows.map { $0.attack } == ["clean", "fgsm"])
    }

    @Test func examplesAreTheImagesThatTheAttackMade() throws {
        let run = try Self.run("clean,fgsm,pgd:2", "6/255")
        let examples = try run.report().examples
        #expect(examples.count == 6)
        for e in examples {
            let changes = zip(e.original, e.adversarial).map { abs(Int($0) - Int($1)) }
            let answer = try #require(e.answers.first)
            #expect(changes.max() == 6 && e.original.count == 3072 && e.answers.count == 1)
            #expect(answer.model.hasSuffix("at 6/255") && (0...1).contains(answer.adversarial.probability))
        }
        let strongest = try #require(run.rows.dropLast().min { $0.tally.accuracy.hits < $1.tally.accuracy.hits })
        let turned = (0..<run.cache.count).count { i in
            strongest.predictions[i] != run.cache.labels[i] && run.rows[0].predictions[i] == run.cache.labels[i]
        }
        let shown = examples.count {
            $0.answers[0].original.label == $0.label && $0.answers[0].adversarial.label != $0.label
        }
        #expect(shown == min(turned, 6))
    }
}
