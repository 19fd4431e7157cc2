/// A share of a sample, with what it tells about the whole.
public struct Proportion: Sendable, Equatable {
    public let hits: Int
    public let count: Int

    public init(_ hits: Int, of count: Int) { (self.hits, self.count) = (hits, count) }

    /// hits / count, 0 of nothing.
    public var value: Double { count > 0 ? Double(hits) / Double(count) : 0 }

    /// 95 % interval (Wilson 1927): (p + z²/2n ± z √(p (1 - p) / n + z²/4n²)) / (1 + z²/n).
    public var interval: (low: Double, high: Double) {
        guard count > 0 else { return (0, 1) }
        let (n, p, z) = (Double(count), value, 1.959963984540054)
        let middle = p + z * z / (2 * n)
        let reach = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        let (low, high) = ((middle - reach) / (1 + z * z / n), (middle + reach) / (1 + z * z / n))
        return (max(low, 0), min(high, 1))
    }

    /// Half the width of the interval.
    public var margin: Double { (interval.high - interval.low) / 2 }

    /// `52.3 % ± 2.1`.
    public var text: String {
        count > 0 ? Decimal.fixed(100 * value, 1) + " % ± " + Decimal.fixed(100 * margin, 1) : "no images"
    }
}
