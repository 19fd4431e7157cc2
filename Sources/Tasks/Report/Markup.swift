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

/// 0.4375 is 43.8 %.
func percentText(_ fraction: Double) -> String { decimals(100 * fraction, 1) + " %" }

/// ε of 8 in pixel units is 8/255.
func epsilonText(_ pixels: Double) -> String {
    (pixels == pixels.rounded() ? decimals(pixels, 0) : decimals(pixels, 2)) + "/255"
}
