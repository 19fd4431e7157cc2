import CSystem
import Engine
import Training

/// What a schedule does, without a model.
public struct SchedulePreview: Sendable {
    /// A rate and the epoch from which it holds.
    public struct Point: Sendable {
        public let epoch: Double
        public let rate: Float
    }
    public let name: String
    public let points: [Point]
    /// What the reader should know.
    public let notes: [String]
}

/// Rates of schedule `name`, one for each observation, over `epochs` epochs or as long as `accuracies` last.
public func previewSchedule(
    _ name: String, settings: [(name: String, value: Double)], epochs: Double?, replay accuracies: [Double]?
) throws(KingletError) -> SchedulePreview {
    if let epochs {
        try require(epochs > 0 && epochs <= 100_000, .usage, "--epochs \(epochs): give more than 0, at most 100000")
    }
    let isBrief = name == "accelat-brief"
    var settings = settings
    // A budget is not what a file of accuracies tells.
    if let length = epochs ?? (isBrief ? nil : accuracies.map { Double($0.count) }), accuracies?.isEmpty != true {
        settings.append(("epochs", length))
    }
    let schedule = try schedule(name, settings)
    let perEpoch = Double(schedule.observationsPerEpoch)
    let count = epochs.map { Int(($0 * perEpoch).rounded(.up)) } ?? accuracies?.count
    var points: [SchedulePreview.Point] = []
    for i in 0..<(count ?? Int((schedule.end(at: 0) * perEpoch).rounded(.up))) {
        let start = Double(i) / perEpoch
        points.append(.init(epoch: start, rate: schedule.rate(at: start)))
        if isBrief && schedule.isFinished(at: start) { break }
        guard let accuracies, i < accuracies.count else { continue }
        schedule.observe(EpochReport(progress: Double(i + 1) / perEpoch, accuracy: accuracies[i]))
    }
    var notes: [String] = []
    if accuracies == nil && name.hasPrefix("accelat") {
        notes.append("\(name) goes by accuracies: this is what it does if it is told none (see --replay)")
    }
    if let accuracies, epochs == nil, points.count < accuracies.count {
        notes.append("training ends after \(points.count - 1) of \(accuracies.count) accuracies")
    }
    return SchedulePreview(name: name, points: points, notes: notes)
}

/// A setting as the command line has it: `name=value`.
public func parseSetting(_ text: String) throws(KingletError) -> (name: String, value: Double) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let value = Double(String(parts[1])) else {
        throw KingletError(.usage, "'\(text)': give name=number")
    }
    return (String(parts[0]), value)
}

/// A schedule as one word, for recipes: `name` or `name:setting=value,setting=value`.
public func parseSchedule(
    _ text: String
) throws(KingletError) -> (name: String, settings: [(name: String, value: Double)]) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    var settings: [(name: String, value: Double)] = []
    if parts.count == 2 {
        for part in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
            settings.append(try parseSetting(String(part)))
        }
    }
    return (String(parts[0]), settings)
}

/// Accuracies 0 … 1, one a line; blank lines at the end are left out.
public func readAccuracies(_ path: String) throws(KingletError) -> [Double] {
    let file = try readInput(path)
    do {
        let bytes = UnsafeRawBufferPointer(start: file.base, count: file.bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        while let last = lines.last, last.allSatisfy({ $0.isWhitespace }) { lines.removeLast() }
        try require(!lines.isEmpty, .badFile, "no accuracies: give one a line")
        var accuracies: [Double] = []
        for (i, line) in lines.enumerated() { accuracies.append(try accuracy(line, i + 1)) }
        return accuracies
    } catch { throw error.at(path == "-" ? "standard input" : "file \(path)") }
}

private func accuracy(_ line: Substring, _ number: Int) throws(KingletError) -> Double {
    let trimmed = line.drop { $0.isWhitespace }.prefix { !$0.isWhitespace }
    try require(
        line.filter { !$0.isWhitespace }.count == trimmed.count && !trimmed.isEmpty, .badFile,
        trimmed.isEmpty ? "line \(number) is blank" : "line \(number): one accuracy a line, got '\(shown(line))'")
    guard let value = Double(String(trimmed)) else {
        throw KingletError(.badFile, "line \(number): '\(shown(line))' is no number")
    }
    try require(
        value >= 0 && value <= 1, .badFile,
        value > 1 && value <= 100
            ? "line \(number): accuracies are shares 0 … 1, got \(shown(line)): divide percentages by 100"
            : "line \(number): accuracies are shares 0 … 1, got \(shown(line))")
    return value
}

/// At most 40 printable characters of a line.
private func shown(_ line: Substring) -> String {
    String(line.prefix(40).map { $0.isASCII && !($0 >= " " && $0 <= "~") ? "?" : $0 })
}

extension SchedulePreview {
    /// `epoch,rate` with nine significant digits, which read back as the same float32.
    public var csv: String {
        points.reduce("epoch,rate\n") { $0 + digits($1.epoch) + "," + digits(Double($1.rate)) + "\n" }
    }

    public var json: String {
        points.map { point in
            JSON.object([("epoch", .number(point.epoch)), ("rate", .float(point.rate))]).text + "\n"
        }.joined()
    }
}

/// `value` with up to `count` significant digits.
func digits(_ value: Double, _ count: Int32 = 9) -> String {
    var buffer = [UInt8](repeating: 0, count: 32)
    let length = buffer.withUnsafeMutableBytes { ks_digits(value, count, $0.baseAddress!, $0.count) }
    return String(decoding: buffer.prefix(Int(length)), as: UTF8.self)
}
