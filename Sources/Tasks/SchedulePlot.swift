extension SchedulePreview {
    private var highest: Double { points.reduce(0) { max($0, Double($1.rate)) } }
    private var lowest: Double { points.reduce(0) { min($0, Double($1.rate)) } }
    /// Where the last rate ends to hold.
    private var width: Double {
        let spacing = points.count > 1 ? points[1].epoch - points[0].epoch : 1
        return (points.last?.epoch ?? 0) + spacing
    }

    /// A plot of `columns` × `rows` characters, rate over epoch.
    public func textPlot(columns: Int = 64, rows: Int = 16) -> String {
        var cells = [[Character]](repeating: [Character](repeating: " ", count: columns), count: rows)
        let span = max(highest - lowest, 1e-300)
        for column in 0..<columns {
            let epoch = width * Double(column) / Double(columns - 1)
            guard let point = points.last(where: { $0.epoch <= epoch + 1e-9 }) else { continue }
            let row = Int(((highest - Double(point.rate)) / span * Double(rows - 1)).rounded())
            cells[min(max(row, 0), rows - 1)][column] = "•"
        }
        let labels = [shortText(highest), shortText(lowest)]
        let margin = labels.map { $0.count }.max() ?? 0
        var text = ""
        for (row, line) in cells.enumerated() {
            let label = row == 0 ? labels[0] : row == rows - 1 ? labels[1] : ""
            text += String(repeating: " ", count: margin - label.count) + label + " ┤" + String(line) + "\n"
        }
        let last = shortText(width)
        text += String(repeating: " ", count: margin) + " └" + String(repeating: "─", count: columns) + "\n"
        text += String(repeating: " ", count: margin + 2) + "0"
        return text + String(repeating: " ", count: max(columns - 1 - last.count, 1)) + last + " epochs\n"
    }

    /// The same as a picture.
    public var svg: String {
        let (left, top, w, h) = (80.0, 40.0, 640.0, 320.0)
        let span = max(highest - lowest, 1e-300)
        func x(_ epoch: Double) -> Double { left + w * epoch / width }
        func y(_ rate: Double) -> Double { top + h * (highest - rate) / span }
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 420" font-family="sans-serif" font-size="13">
            <rect width="760" height="420" fill="#fff"/>
            <text x="80" y="24" font-size="16">\(name): learning rate</text>

            """
        for i in 0...4 {
            let (rate, epoch) = (lowest + span * Double(i) / 4, width * Double(i) / 4)
            text += "<path d=\"M80 \(decimals(y(rate), 1))H720\" stroke=\"#ddd\"/>"
            text += "<text x=\"72\" y=\"\(decimals(y(rate) + 4, 1))\" text-anchor=\"end\">\(shortText(rate))</text>"
            text += "<text x=\"\(decimals(x(epoch), 1))\" y=\"380\" text-anchor=\"middle\">\(shortText(epoch))</text>\n"
        }
        let line = points.map { "\(decimals(x($0.epoch), 2)),\(decimals(y(Double($0.rate)), 2))" }
        text += "<text x=\"400\" y=\"404\" text-anchor=\"middle\">epoch</text>\n"
        text +=
            "<polyline fill=\"none\" stroke=\"#0a58ca\" stroke-width=\"2\" points=\"\(line.joined(separator: " "))\"/>\n"
        return text + "</svg>\n"
    }
}

/// Three significant digits.
private func shortText(_ value: Double) -> String { digits(value, 3) }
