import Vision

extension Report {
    /// Largest number of classes whose confusion is shown as a table.
    private static let shown = 24

    /// Rows are true classes; the darker, the greater the part of its row.
    func confusionTable(_ confusion: Confusion) -> String {
        let n = confusion.counts.count
        if n == 0 { return "" }
        if n > Report.shown { return commonest(confusion) }
        var out = "<div class=\"wide\"><table class=\"confusion\"><caption>\(escaped(confusion.title)): "
        out += "rows are what the picture shows, columns what the model says</caption>\n<thead><tr><td></td>"
        for c in 0..<n { out += "<th scope=\"col\">\(escaped(name(c)))</th>" }
        out += "<th class=\"n\">right</th></tr></thead>\n<tbody>"
        for (r, row) in confusion.counts.enumerated() {
            let total = row.reduce(0, +)
            out += "<tr><th scope=\"row\">\(escaped(name(r)))</th>"
            for (c, count) in row.enumerated() {
                let part = total > 0 ? Double(count) / Double(total) : 0
                let kind = r == c ? "right" : "wrong"
                let shade = count > 0 ? " style=\"--part:\(decimals(min(part * 75 + 5, 80), 0))%\"" : ""
                out += "<td class=\"n \(kind)\"\(shade)>\(count == 0 ? "" : String(count))</td>"
            }
            out += "<td class=\"n\">\(total > 0 ? percentText(Double(row[r]) / Double(total)) : "")</td></tr>\n"
        }
        return out + "</tbody></table></div>\n"
    }

    /// The twenty commonest mistakes.
    private func commonest(_ confusion: Confusion) -> String {
        var mistakes: [(row: Int, column: Int, count: Int)] = []
        for (r, row) in confusion.counts.enumerated() {
            for (c, count) in row.enumerated() where r != c && count > 0 { mistakes.append((r, c, count)) }
        }
        mistakes.sort { $0.count != $1.count ? $0.count > $1.count : ($0.row, $0.column) < ($1.row, $1.column) }
        if mistakes.isEmpty { return "" }
        let rows = mistakes.prefix(20).map { m in
            "<tr><td>\(escaped(name(m.row)))</td><td>\(escaped(name(m.column)))</td>"
                + "<td class=\"n\">\(m.count) of \(confusion.counts[m.row].reduce(0, +))</td></tr>\n"
        }
        return "<table><caption>\(escaped(confusion.title)): the commonest mistakes</caption>\n"
            + "<thead><tr><th>Shows</th><th>Taken for</th><th class=\"n\">Pictures</th></tr></thead>\n"
            + "<tbody>\(rows.joined())</tbody></table>\n"
    }

    private func name(_ c: Int) -> String { c < classes.count ? classes[c] : "\(c)" }

    /// Original, ten times what the attack added, adversarial; below them what each model says.
    var examplesTable: String {
        examples.map { e in
            let difference = zip(e.original, e.adversarial).map { x, y in
                UInt8(min(max(128 + 10 * (Int(y) - Int(x)), 0), 255))
            }
            var out = "<article class=\"example\"><h3>\(escaped(e.label))</h3><div class=\"pictures\">"
            for (pixels, caption) in [
                (e.original, "as it is"), (difference, "added, ×10"), (e.adversarial, "attacked"),
            ] {
                out += "<figure>\(image(pixels, e, caption))<figcaption>\(caption)</figcaption></figure>"
            }
            out += "</div>\n<table>"
            for answer in e.answers {
                out += "<tr><th>\(escaped(answer.model))</th>"
                for said in [answer.original, answer.adversarial] {
                    let kind = said.label == e.label ? "yes" : "no"
                    out += "<td class=\"\(kind)\">\(escaped(said.label)) \(decimals(100 * said.probability, 0)) %</td>"
                }
                out += "</tr>"
            }
            return out + "</table></article>\n"
        }.joined()
    }

    private func image(_ pixels: [UInt8], _ e: Example, _ caption: String) -> String {
        let file = PNG.encode(pixels, Size(e.width, e.height), channels: e.channels)
        let sharp = e.width < 100 ? " class=\"sharp\"" : ""
        return
            "<img\(sharp) alt=\"\(escaped("\(e.label), \(caption)"))\" src=\"data:image/png;base64,\(base64(file))\"/>"
    }
}
