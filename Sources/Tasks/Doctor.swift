import CSystem
import Engine

/// What this machine has and what Kinglet would use of it.
public struct Diagnosis: Sendable {
    public struct Line: Sendable {
        public let key: String
        public let title: String
        public let value: JSON
        public let text: String
    }
    public internal(set) var lines: [Line]
    /// Rows of the comparison with a board: what, what was found, whether it is as expected.
    public internal(set) var board: [[String]] = []

    public var json: JSON { .object(lines.filter { !$0.key.isEmpty }.map { ($0.key, $0.value) }) }
}

/// Compares the machine with `board` too; without one, says which board this is if that can be known.
public func doctor(board named: String? = nil) throws(KingletError) -> Diagnosis {
    var lines: [Diagnosis.Line] = []
    func add(_ key: String, _ title: String, _ text: String) {
        lines.append(.init(key: key, title: title, value: .string(text), text: text))
    }
    func add(_ key: String, _ title: String, _ number: Int, _ text: String) {
        lines.append(.init(key: key, title: title, value: .int(number), text: text))
    }
    add("cpu", "processor", processorName() ?? architecture)
    add("architecture", "architecture", architecture)
    let isas = Kernels.available.map { $0.isa.name }
    lines.append(
        .init(
            key: "available", title: "kernels that run here", value: .array(isas.map { .string($0) }),
            text: isas.joined(separator: ", ")))
    let forced = ks_environment("KINGLET_ISA").map { String(cString: $0) }
    let isa = Kernels.best.isa.name
    let reason = forced.map { $0 == isa ? "KINGLET_ISA asks for it" : "KINGLET_ISA=\($0) is not available here" }
    lines.append(
        .init(
            key: "isa", title: "kernels used", value: .string(isa),
            text: "\(isa) (\(reason ?? "the last that runs here"))"))
    let processors = Int(ks_processors())
    add("processors", "processors", processors, "\(processors)")
    let chosen = try Board.chosen()
    let threads = chosen?.threads ?? NetworkOptions.defaultThreads
    let why = chosen.map { "as board '\($0.name)' says" } ?? "one per processor, at most 4"
    add("threads", "threads used", threads, "\(threads) (\(why); --threads changes it)")
    if let limit = chosen?.memory {
        add("memoryLimitBytes", "memory limit", limit, "\(bytesText(limit)) (\(why); --memory changes it)")
    }
    if let total = memoryLine("MemTotal:") { add("memoryBytes", "memory", total, bytesText(total)) }
    if let free = memoryLine("MemAvailable:") { add("availableBytes", "memory free", free, bytesText(free)) }
    if let celsius = temperature() {
        lines.append(
            .init(
                key: "celsius", title: "temperature", value: .number(celsius), text: decimals(celsius, 1) + " °C"))
    }
    lines.append(Diagnosis.backends)
    let model = deviceModel()
    if named == nil, let board = chosen ?? model.flatMap({ Board.recognised($0, among: Board.all) }) {
        let text = "\(board.name): \(board.description) (doctor --board \(board.name) compares)"
        lines.append(.init(key: "board", title: "board", value: .string(board.name), text: text))
    }
    guard let named else { return Diagnosis(lines: lines) }
    let check = BoardCheck(
        try Board(named: named),
        on: .init(
            model: model, family: architecture, isas: isas, memory: memoryLine("MemTotal:"), processors: processors,
            kernel: kernelText("/proc/sys/kernel/osrelease").map { String($0.prefix { !$0.isNewline }) } ?? "unknown",
            exists: { $0.withCString { ks_kind($0) } >= 0 }))
    let limits = "--memory \(check.board.memory >> 20)M --threads \(check.board.threads)"
    let summary = "\(check.board.name): \(check.board.description); limits there: \(limits)"
    lines.append(.init(key: "board", title: "board", value: check.json, text: summary))
    var diagnosis = Diagnosis(lines: lines)
    diagnosis.board = check.rows
    return diagnosis
}

private var architecture: String {
    #if arch(x86_64)
        "x86_64"
    #elseif arch(arm64)
        "aarch64"
    #elseif arch(arm)
        "arm"
    #else
        "unknown"
    #endif
}

/// The text of a small file of the kernel's.
private func kernelText(_ path: String) -> String? {
    var base: UnsafeMutableRawPointer?
    let size = path.withCString { ks_read_special($0, 1 << 20, &base) }
    guard size >= 0, let base else { return nil }
    defer { ks_free(base, Int(size)) }
    return String(decoding: UnsafeRawBufferPointer(start: base, count: Int(size)), as: UTF8.self)
}

private func processorName() -> String? {
    for line in (kernelText("/proc/cpuinfo") ?? "").split(separator: "\n") where line.hasPrefix("model name") {
        return line.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) }
    }
    return deviceModel()
}

/// What the firmware calls the board.
private func deviceModel() -> String? {
    kernelText("/proc/device-tree/model").map { String($0.prefix { $0 != "\0" }) }
}

private func memoryLine(_ name: String) -> Int? {
    for line in (kernelText("/proc/meminfo") ?? "").split(separator: "\n") where line.hasPrefix(name) {
        return line.split(separator: " ").dropFirst().first.flatMap { Int64($0) }.map { Int(clamping: $0 * 1024) }
    }
    return nil
}

/// °C of the hottest thermal zone; nil where the board has no sensor.
func temperature() -> Double? {
    var hottest: Double?
    for zone in 0..<16 {
        guard let text = kernelText("/sys/class/thermal/thermal_zone\(zone)/temp") else { continue }
        guard let value = Double(text.split(separator: "\n").first ?? "") else { continue }
        hottest = max(hottest ?? -300, value / 1000)
    }
    return hottest
}
