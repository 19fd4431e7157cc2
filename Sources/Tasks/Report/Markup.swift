/// Text as HTML shows it.
func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": out += "&amp;"
        case "<": out += "&lt;"
        case ">": out += "&gt;"
        case "\"": out += "&quot;"
        case "'": out += "&#39;"
        case "\t", "\n": out.unicodeScalars.append(scalar)
        // What no HTML or XML may hold.
        case _ where scalar.value < 32 || scalar.value == 127: out += "\u{FFFD}"
        default: out.unicodeScalars.append(scalar)
        }
    }
    return out
}

/// RFC 4648.
public func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    for i in stride(from: 0, to: bytes.count, by: 3) {
        let n = min(3, bytes.count - i)
        var word = 0
        for k in 0..<3 { word = word << 8 | (k < n ? Int(bytes[i + k]) : 0) }
        for k in 0..<4 { out.append(k <= n ? letters[word >> (18 - 6 * k) & 63] : UInt8(ascii: "=")) }
    }
    return String(decoding: out, as: UTF8.self)
}

/// 0.4375 is 43.8 %.
func percentText(_ fraction: Double) -> String { decimals(100 * fraction, 1) + " %" }

/// ε of 8 in pixel units is 8/255.
func epsilonText(_ pixels: Double) -> String {
    (pixels == pixels.rounded() ? decimals(pixels, 0) : decimals(pixels, 2)) + "/255"
}
