import Training

extension Report {
    /// One self-contained page: no scripts, nothing from elsewhere; well-formed as XML too.
    public var html: String {
        var out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"/>"
        out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
        out += "<title>\(escaped(title))</title>\n<style>\(reportStyle)</style></head>\n<body><main>\n"
        out += "<h1>\(escaped(title))</h1>\n"
        if let verdict {
            let kind = accepted.map { $0 ? " good" : " bad" } ?? ""
            out += "<p class=\"verdict\(kind)\">\(escaped(verdict))</p>\n"
        }
        out += section("Accuracy", scoresTable + sweep)
        out += section("Training", curves)
        out += section("Examples", examplesTable)
        out += section("Confusion", judgements.flatMap { $0.confusions }.map { confusionTable($0) }.joined())
        out += section("Notes", list(notes))
        out += section("Recipe", recipeTable)
        out += section("Model card", card.map { "<pre>\(escaped($0))</pre>\n" } ?? "")
        return out + "</main></body>\n</html>\n"
    }

    private func section(_ name: String, _ body: String) -> String {
        body.isEmpty ? "" : "<section><h2>\(name)</h2>\n\(body)</section>\n"
    }

    private func list(_ lines: [String]) -> String {
        lines.isEmpty ? "" : "<ul>\(lines.map { "<li>\(escaped($0))</li>" }.joined())</ul>\n"
    }

    private var recipeTable: String {
        if recipe.isEmpty { return "" }
        let rows = recipe.map { "<tr><th>\(escaped($0.key))</th><td><code>\(escaped($0.value))</code></td></tr>\n" }
        return "<table class=\"recipe\">\(rows.joined())</table>\n"
    }

    private var scoresTable: String {
        let rows = judgements.flatMap { judgement in
            judgement.scores.map { s in
                "<tr><td>\(escaped(judgement.model))</td><td>\(escaped(s.attack))</td>"
                    + "<td class=\"n\">\(s.epsilon > 0 ? epsilonText(s.epsilon) : "")</td>"
                    + "<td class=\"n\">\(percentText(s.right.value))</td>"
                    + "<td class=\"n\">\(percentText(s.right.interval.low)) – \(percentText(s.right.interval.high))</td>"
                    + "<td class=\"n\">\(s.right.hits) of \(s.right.count)</td></tr>\n"
            }
        }
        if rows.isEmpty { return "" }
        return "<table><thead><tr><th>Model</th><th>Attack</th><th class=\"n\">ε</th><th class=\"n\">Accuracy</th>"
            + "<th class=\"n\">95 % interval</th><th class=\"n\">Right</th></tr></thead>\n"
            + "<tbody>\(rows.joined())</tbody></table>\n"
    }

    /// Accuracy over ε, a line for each model and attack that was measured at two or more; clean is ε = 0.
    private var sweep: String {
        var lines: [Chart.Line] = []
        for judgement in judgements {
            let clean = judgement.scores.filter { $0.epsilon == 0 }.prefix(1)
            var attacks: [String] = []
            for s in judgement.scores where s.epsilon > 0 && !attacks.contains(s.attack) { attacks.append(s.attack) }
            for attack in attacks {
                let scores =
                    clean
                    + judgement.scores.filter { $0.attack == attack && $0.epsilon > 0 }
                    .sorted { $0.epsilon < $1.epsilon }
                lines.append(
                    Chart.Line(
                        name: "\(judgement.model), \(attack)", points: scores.map { ($0.epsilon, $0.right.value) },
                        bars: scores.map { $0.right.interval }))
            }
        }
        return Chart(
            title: "Accuracy under attack", x: "ε in 255ths", y: { decimals(100 * $0, 0) + " %" }, lines: lines,
            range: (0, 1)
        ).svg
    }

    /// Accuracy, loss and learning rate over epochs.
    private var curves: String {
        func line(_ name: String, _ value: (Point) -> Double?) -> Chart.Line {
            Chart.Line(name: name, points: points.compactMap { p in value(p).map { (p.epoch, $0) } })
        }
        let charts = [
            Chart(
                title: "Accuracy on validation pictures", x: "epoch", y: { decimals(100 * $0, 0) + " %" },
                lines: [line("clean") { $0.clean }, line("attacked") { $0.robust }], range: (0, 1)),
            Chart(title: "Training loss", x: "epoch", y: { decimals($0, 2) }, lines: [line("loss") { $0.loss }]),
            Chart(
                title: "Learning rate", x: "epoch", y: { power($0) }, lines: [line("rate") { $0.rate }],
                logarithmic: true),
        ]
        let drawn = charts.map { $0.svg }.joined()
        return drawn.isEmpty ? "" : "<div class=\"charts\">\(drawn)</div>\n"
    }
}

/// 0.001, or 1e-05 below a thousandth.
private func power(_ value: Double) -> String {
    for digits in 0..<5 where value * [1, 10, 100, 1000, 10000][digits] >= 0.999 { return decimals(value, digits) }
    return Float(value).description
}
