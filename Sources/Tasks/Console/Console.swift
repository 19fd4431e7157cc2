import CSystem

/// How results are printed.
public struct Output: Sendable {
    /// One JSON object per line.
    public var json: Bool
    /// More, on standard error.
    public var verbose: Bool

    public init(json: Bool = false, verbose: Bool = false) { (self.json, self.verbose) = (json, verbose) }
}

/// Standard output, written in large pieces unless somebody is looking.
public func say(_ text: String) { write(text, 1) }

/// Standard error.
public func complain(_ text: String) { write(text + "\n", 2) }

/// Standard error, without ending the line.
public func show(_ text: String) { write(text, 2) }

private func write(_ text: String, _ file: Int32) {
    var text = text
    _ = text.withUTF8 { bytes in bytes.baseAddress.map { ks_write(file, $0, bytes.count) } ?? 0 }
}
