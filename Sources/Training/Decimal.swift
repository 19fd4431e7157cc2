/// Decimal numbers in text, for flags and reports, without the C library's locale.
enum Decimal {
    /// A number such as 0.03, 8 or 2.5e-3, at most 15 digits; nil for anything else.
    static func number(_ text: String) -> Double? {
        var digits = Array(text.utf8)
        var exponent = 0
        if let e = digits.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
            guard let value = Int(String(decoding: digits[(e + 1)...], as: UTF8.self)), abs(value) < 200 else {
                return nil
            }
            exponent = value
            digits.removeSubrange(e...)
        }
        let negative = digits.first == UInt8(ascii: "-")
        if negative { digits.removeFirst() }
        if let point = digits.firstIndex(of: UInt8(ascii: ".")) {
            digits.remove(at: point)
            exponent -= digits.count - point
        }
        guard !digits.isEmpty, digits.count <= 15, digits.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
        var value = 0.0
        for d in digits { value = value * 10 + Double(d - 48) }
        var scale = 1.0
        for _ in 0..<abs(exponent) { scale *= 10 }
        value = exponent < 0 ? value / scale : value * scale
        return negative ? -value : value
    }

    /// `value` with `places` decimals, half away from zero.
    static func fixed(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
        var unit: Int64 = 1
        for _ in 0..<places { unit *= 10 }
        let scaled = Int64((abs(value) * Double(unit)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        if places == 0 { return sign + "\(scaled)" }
        var fraction = "\(scaled % unit)"
        while fraction.utf8.count < places { fraction = "0" + fraction }
        return sign + "\(scaled / unit)." + fraction
    }

    /// The fewest of up to six decimals that give `value`.
    static func text(_ value: Double) -> String {
        for places in 0..<6 {
            let short = fixed(value, places)
            if let back = number(short), abs(back - value) <= 1e-7 * abs(value) { return short }
        }
        return fixed(value, 6)
    }

    static func split(_ text: String, at separator: UInt8) -> [String] {
        text.utf8.split(separator: separator, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}
