import Engine

/// A distance between images in pixel units, 0 … 255, before any normalisation.
public struct Epsilon: Sendable, Equatable {
    public let pixels: Float

    public init(pixels: Float) { self.pixels = pixels }

    /// From `8/255`, `8px` or 0.03, a fraction of the pixel range. A length in L2 may exceed 1.
    public init(parsing text: String, norm: Norm = .max) throws(KingletError) {
        let most = norm == .max ? 1.0 : 1000
        func refused(_ why: String) -> KingletError {
            let range = norm == .max ? ", above 0 and at most 255/255" : ""
            return KingletError(
                .usage, "epsilon '\(text)' \(why): give pixels as 8/255 or 8px, or a fraction as 0.03\(range)")
        }
        var fraction: Double?
        let parts = Decimal.split(text, at: UInt8(ascii: "/"))
        if text.utf8.count > 2, text.hasSuffix("px") {
            fraction = Decimal.number(String(text.dropLast(2))).map { $0 / 255 }
        } else if parts.count == 2, let over = Decimal.number(parts[1]), over > 0 {
            fraction = Decimal.number(parts[0]).map { $0 / over }
        } else if parts.count == 1 {
            fraction = Decimal.number(text)
        }
        guard let fraction else { throw refused("is not a number") }
        if fraction == 0 { throw refused("is 0, which changes nothing") }
        if fraction < 0 { throw refused("is negative") }
        if fraction > most {
            throw refused(
                "is \(Decimal.text(fraction)) times the pixel range"
                    + (parts.count == 1 && !text.hasSuffix("px") ? " (\(text) pixels are \(text)/255)" : ""))
        }
        // 8 / 255 · 255 is not 8 for every numerator: values next to an integer are meant to be it.
        let exact = fraction * 255
        pixels = Float(abs(exact - exact.rounded()) < 1e-9 ? exact.rounded() : exact)
    }

    /// `8/255`, `2.55/255`.
    public var text: String { Decimal.text(Double(pixels)) + "/255" }
}

/// How the size of a perturbation is measured.
public enum Norm: Sendable, Equatable {
    /// The largest change of any value: L∞.
    case max
    /// The Euclidean length of all changes: L2.
    case euclidean
}
