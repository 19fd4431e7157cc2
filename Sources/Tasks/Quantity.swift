import Engine

/// Bytes from `64M`, `40MB`, `1.5GiB` or `4096`; K, M and G count in 1,024s.
public func parseBytes(_ text: String) -> Int? {
    let letters = text.drop { $0.isNumber || $0 == "." }.lowercased()
    guard let number = Double(text.prefix { $0.isNumber || $0 == "." }) else { return nil }
    let shift: Int
    switch letters {
    case "", "b": shift = 0
    case "k", "kb", "kib": shift = 10
    case "m", "mb", "mib": shift = 20
    case "g", "gb", "gib": shift = 30
    default: return nil
    }
    let bytes = number * Double(Int64(1) << shift)
    return bytes.isFinite && bytes >= 0 && bytes < 9e18 ? Int(clamping: Int64(bytes)) : nil
}

/// `12.3 MB`, to three digits: counted in 1,024s as `--memory` is.
public func bytesText(_ bytes: Int) -> String {
    var value = Double(bytes)
    for unit in ["B", "KB", "MB", "GB"] {
        if value < 1000 || unit == "GB" { return significant(value) + " " + unit }
        value /= 1024
    }
    return ""
}

/// `300 M`, `5.12 G`: counted in 1,000s.
public func countText(_ count: Int) -> String {
    var value = Double(count)
    for unit in ["", " k", " M", " G"] {
        if value < 1000 || unit == " G" { return significant(value) + unit }
        value /= 1000
    }
    return ""
}

/// Three significant digits, without an exponent.
func significant(_ value: Double) -> String {
    decimals(value, value < 10 ? 2 : value < 100 ? 1 : 0)
}

/// `value` with a fixed number of decimals.
public func decimals(_ value: Double, _ count: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return value.description }
    var unit: Int64 = 1
    for _ in 0..<count { unit *= 10 }
    let scaled = Int64((abs(value) * Double(unit)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    if count == 0 { return sign + String(scaled) }
    let fraction = String(scaled % unit)
    return sign + String(scaled / unit) + "." + String(repeating: "0", count: count - fraction.utf8.count) + fraction
}

/// Milliseconds with three significant digits.
public func msText(_ nanoseconds: UInt64) -> String { significant(Double(nanoseconds) / 1e6) + " ms" }

/// Numbers separated by commas: one, or one per channel.
public func parseNumbers(_ text: String) -> [Float]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
    let numbers = parts.compactMap { $0 }
    return numbers.count == parts.count && numbers.allSatisfy { $0.isFinite } ? numbers : nil
}
