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
    public let lines: [Line]

    public var json: JSON { .object(lines.map { ($0.key, $0.value) }) }
}

public func doctor() -> Diagnosis {
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
    let threads = NetworkOptions.defaultThreads
    add("threads", "threads used", threads, "\(threads) (one per processor, at most 4; --threads changes it)")
    if let total = memoryLine("MemTotal:") { add("memoryBytes", "memory", total, bytesText(total)) }
    if let free = memoryLine("MemAvailable:") { add("availableBytes", "memory free", free, bytesText(free)) }
    if let celsius = temperature() {
        lines.append(
            .init(
                key: "celsius", title: "temperature", value: .number(celsius), text: decimals(celsius, 1) + " °C"))
    }
    add("backends", "backends", "native (built without Arm NN)")
    return Diagnosis(lines: lines)
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
    return kernelText("/proc/device-tree/model").map { String($0.prefix { $0 != "\0" }) }
}

private func memoryLine(_ name: String) -> Int? {
    for line in (kernelText("/proc/meminfo") ?? "").split(separator: "\n") where line.hasPrefix(name) {
        return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
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
