import Engine

/// CIFAR-10 (label, 3072 bytes) or CIFAR-100 (coarse label, fine label, 3072 bytes) binary files; planes R, G, B of 32×32.
public struct CIFAR: Sendable {
    public let labels: [String]
    public let count: Int
    private let files: [Storage]
    private let header: Int

    private static let pixels = 3 * 32 * 32

    /// `files` hold records of one kind, told from the size of the first. Names of the classes are looked for beside it.
    public init(_ paths: [String]) throws(KingletError) {
        var files: [Storage] = []
        var header = 1
        for path in paths {
            let file = try Storage(file: path)
            if files.isEmpty { header = try CIFAR.header(file, path) }
            try require(
                file.bytes % (CIFAR.pixels + header) == 0, .badFile, "'\(path)' is not whole records like '\(paths[0])'"
            )
            files.append(file)
        }
        self.files = files
        self.header = header
        let size = CIFAR.pixels + header
        count = files.reduce(0) { $0 + $1.bytes / size }
        labels = CIFAR.names(
            beside: paths[0], header == 1 ? "batches.meta.txt" : "fine_label_names.txt", header == 1 ? 10 : 100)
        for i in 0..<count {
            try require(label(i) < labels.count, .badFile, "record \(i) has label \(label(i)) of \(labels.count)")
        }
    }

    /// Whether `path` is named as such files are.
    static func isNamed(_ path: String) -> Bool { Text.split(path, at: UInt8(ascii: ".")).last == "bin" }

    private static func header(_ file: Storage, _ path: String) throws(KingletError) -> Int {
        let bytes = UnsafeRawBufferPointer(start: file.base, count: file.bytes)
        for header in [1, 2] where file.bytes > 0 && file.bytes % (pixels + header) == 0 {
            // A size may be a whole number of either; the labels of the wrong one are pixels.
            let limit = header == 1 ? 10 : 100
            let records = stride(from: header - 1, to: file.bytes, by: pixels + header)
            if records.allSatisfy({ bytes[$0] < limit }) { return header }
        }
        throw KingletError(
            .badFile, "'\(path)' is \(Format.name(bytes)) of \(file.bytes) bytes, not CIFAR records of 3073 or 3074")
    }

    private static func names(beside path: String, _ file: String, _ count: Int) -> [String] {
        let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
        if let text = try? Storage(file: folder + file, limit: 1 << 16) {
            let bytes = UnsafeRawBufferPointer(start: text.base, count: text.bytes)
            let names = bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
            if names.count == count { return names }
        }
        return (0..<count).map { "\($0)" }
    }

    private func record(_ i: Int) -> UnsafePointer<UInt8> {
        let size = CIFAR.pixels + header
        var (i, f) = (i, 0)
        while i >= files[f].bytes / size {
            i -= files[f].bytes / size
            f += 1
        }
        return UnsafePointer(files[f].base.assumingMemoryBound(to: UInt8.self)) + i * size
    }

    public func label(_ i: Int) -> Int { Int(record(i)[header - 1]) }

    public func image(_ i: Int) throws(KingletError) -> Image {
        let x = record(i) + header
        let y = try Image(Size(32, 32))
        for p in 0..<1024 { for c in 0..<3 { y.u8[3 * p + c] = x[1024 * c + p] } }
        return y
    }
}
