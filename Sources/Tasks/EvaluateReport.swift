import Engine
import ONNX
import Training
import Vision

extension EvaluationRun {
    /// What was measured so far, as a page's content, with pictures that the strongest attack turned.
    public func report() throws(KingletError) -> Report {
        var report = Report(title: "Robustness of \(options.model ?? "the built-in model")")
        report.classes = classes.labels
        report.notes = notes
        report.judgements = [
            Report.Judgement(
                model: trainee.isQuantized ? "int8" : "float32",
                scores: rows.map {
                    .init(attack: $0.attack, epsilon: Double($0.epsilon?.pixels ?? 0), right: $0.tally.accuracy)
                },
                confusions: rows.map { row in
                    .init(title: row.attack + (row.epsilon.map { " at \($0.text)" } ?? ""), counts: row.tally.rows)
                })
        ]
        report.card = trainee.model.metadata[Preprocess.Key.card]
        try addExamples(to: &report)
        return report
    }

    private func addExamples(to report: inout Report) throws(KingletError) {
        let attacked = rows.filter { $0.origin != nil }
        guard let row = attacked.min(by: { $0.tally.accuracy.hits < $1.tally.accuracy.hits }), let origin = row.origin,
            let attack = try origin.spec.make(epsilon: origin.epsilon, model: model, evaluating: true)
        else { return }
        let clean = rows.first { $0.attack == "clean" }?.predictions
        func turned(_ i: Int) -> Bool {
            row.predictions[i] != source.label(i) && clean.map { $0[i] == source.label(i) } ?? true
        }
        let all = Array(0..<source.count)
        let maker = ExampleMaker(
            model: model, attack: attack, source: source, seed: options.seed, layout: trainee.layout,
            labels: classes.labels)
        let chosen = maker.choose([all.filter(turned), all], 6)
        let name = "\(row.attack) at \(row.epsilon?.text ?? "")"
        report.examples = maker.examples(chosen, as: name)
    }
}
