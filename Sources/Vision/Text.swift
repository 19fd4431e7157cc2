/// Numbers in text, without the C library's locale and without Foundation.
enum Text {
    /// A decimal number such as 0.875, -1e-3 or 128; nil for anything else.
    static func number(_ text: String) -> Double? {
        let s = trimmed(text)
        var i = 0
        func peek() -> UInt8 { i < s.count ? s[i] : 0 }
        func digit() -> Int? { i < s.count && s[i] >= 48 && s[i] <= 57 ? Int(s[i] - 48) : nil }
        let negative = peek() == UInt8(ascii: "-")
        if negative || peek() == UInt8(ascii: "+") { i += 1 }
        // Digits beyond the 17th change nothing but the exponent.
        var (value, digits, exponent, seen) = (0.0, 0, 0, false)
        var behindPoint = false
        while true {
            if let d = digit() {
                seen = true
                if digits < 17 {
                    value = value * 10 + Double(d)
                    digits += value > 0 ? 1 : 0
                    exponent -= behindPoint ? 1 : 0
                } else if !behindPoint {
                    exponent += 1
                }
            } else if peek() == UInt8(ascii: "."), !behindPoint {
                behindPoint = true
            } else {
                break
            }
            i += 1
        }
        guard seen else { return nil }
        if peek() | 0x20 == UInt8(ascii: "e") {
            i += 1
            let down = peek() == UInt8(ascii: "-")
            if down || peek() == UInt8(ascii: "+") { i += 1 }
            guard digit() != nil else { return nil }
            var power = 0
            while let d = digit() {
                power = min(power * 10 + d, 1000)
                i += 1
            }
            exponent += down ? -power : power
        }
        guard i == s.count else { return nil }
        var scale = 1.0
        for _ in 0..<min(abs(exponent), 400) { scale *= 10 }
        value = exponent < 0 ? value / scale : value * scale
        return value.isFinite ? (negative ? -value : value) : nil
    }

    /// Numbers with commas between them.
    static func numbers(_ text: String) -> [Double]? {
        var list: [Double] = []
        for part in split(text, at: UInt8(ascii: ",")) {
            guard let value = number(part) else { return nil }
            list.append(value)
        }
        return list
    }

    static func split(_ text: String, at separator: UInt8) -> [String] {
        text.utf8.split(separator: separator, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    static func list(_ values: [Float]) -> String {
        var text = ""
        for (i, value) in values.enumerated() {
            if i > 0 { text += "," }
            text += decimal(value)
        }
        return text
    }

    /// The shortest of up to nine significant digits that reads back as `value`.
    static func decimal(_ value: Float) -> String {
        if value == 0 { return "0" }
        for digits in 1..<9 {
            let text = decimal(Double(value), digits)
            if let back = number(text), Float(back) == value { return text }
        }
        return decimal(Double(value), 9)
    }

    /// d.ddde±n, or plain where that is short.
    private static func decimal(_ value: Double, _ digits: Int) -> String {
        var (x, exponent) = (abs(value), 0)
        while x >= 10 { (x, exponent) = (x / 10, exponent + 1) }
        while x < 1 { (x, exponent) = (x * 10, exponent - 1) }
        var scale = 1.0
        for _ in 1..<digits { scale *= 10 }
        var mantissa = Int64((x * scale).rounded())
        var trailing = digits - 1 - exponent  // digits behind the point
        while trailing > 0, mantissa % 10 == 0 { (mantissa, trailing) = (mantissa / 10, trailing - 1) }
        let sign = value < 0 ? "-" : ""
        if trailing < 0 || trailing > 12 { return sign + "\(mantissa)e\(-trailing)" }
        var text = "\(mantissa)"
        if trailing > 0 {
            while text.utf8.count <= trailing { text = "0" + text }
            let point = text.index(text.endIndex, offsetBy: -trailing)
            text = String(text[..<point]) + "." + String(text[point...])
        }
        return sign + text
    }

    private static func trimmed(_ text: String) -> [UInt8] {
        var bytes = Array(text.utf8)
        while let last = bytes.last, last <= 32 { bytes.removeLast() }
        while let first = bytes.first, first <= 32 { bytes.removeFirst() }
        return bytes
    }
}
