import Training

extension Report {
    /// epoch,seconds,rate,loss,clean,robust: a line for each moment of training, empty where nothing was measured.
    public var pointsCSV: String {
        var out = Report.pointsHeader
        for point in points { out += point.csv }
        return out
    }

    public static let pointsHeader = "epoch,seconds,rate,loss,clean,robust\n"

    /// model,attack,epsilon,correct,total,accuracy,low,high: a line for each score; ε in pixel units.
    public var scoresCSV: String {
        var out = "model,attack,epsilon,correct,total,accuracy,low,high\n"
        for judgement in judgements {
            for s in judgement.scores {
                let (right, interval) = (s.right, s.right.interval)
                let numbers = [
                    s.epsilon, Double(right.hits), Double(right.count), right.value, interval.low, interval.high,
                ]
                out +=
                    "\(cell(judgement.model)),\(cell(s.attack)),\(numbers.map { number($0) }.joined(separator: ","))\n"
            }
        }
        return out
    }
}

extension Report.Point {
    /// One line of `pointsCSV`.
    public var csv: String {
        [epoch, seconds, rate, loss, clean, robust].map { $0.map { number($0) } ?? "" }.joined(separator: ",") + "\n"
    }
}

/// Nine significant digits, which hold any float32.
private func number(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
    return value == Double(Float(value)) ? Float(value).description : value.description
}

/// RFC 4180: quoted where commas, quotes or line ends would be misread.
private func cell(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.exchanging("\"", for: "\"\"") + "\""
}
