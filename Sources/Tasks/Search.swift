/// Parts of texts, byte by byte: the standard library's own search is not in Embedded Swift.
extension StringProtocol where SubSequence == Substring {
    /// Where `part`, which is not empty, stands first.
    func place(of part: String) -> Range<Index>? {
        let (all, wanted) = (utf8, part.utf8)
        var i = startIndex
        while i != endIndex {
            if all[i...].starts(with: wanted) { return i..<all.index(i, offsetBy: wanted.count) }
            i = all.index(after: i)
        }
        return nil
    }

    func holds(_ part: String) -> Bool { place(of: part) != nil }

    /// With `other` wherever `part` stood.
    public func exchanging(_ part: String, for other: String) -> String {
        var (out, rest) = ("", self[startIndex...])
        while let found = rest.place(of: part) {
            out += rest[..<found.lowerBound] + other
            rest = rest[found.upperBound...]
        }
        return out + rest
    }
}
