import CSystem
import Engine

/// CIFAR-10 (label, 3072 bytes) or CIFAR-100 (coarse label, fine label, 3072 bytes) binary files; planes R, G, B of 32×32.
/// Labels are held in memory, pixels are read when asked for.
public struct CIFAR: Sendable {
    private struct File: Sendable {
        let path: String
        /// Index of its first record.
        let first: Int
        let isTest: Bool
    }

    public let names: [String]
    /// Whether `names` are those of a file beside the records, and not just numbers.
    public let named: Bool
    /// The class of each record.
    public let labels: [UInt8]
    private var files: [File] = []
    private let header: Int

    private static let pixels = 3 * 32 * 32

    /// `paths` hold records of one kind, told from the size of the first. Names of the classes are looked for beside it.
    public init(_ paths: [String]) throws(KingletError) {
        var labels: [UInt8] = []
        var header = 0
        for path in paths {
            files.append(File(path: path, first: labels.count, isTest: CIFAR.isTest(path)))
            let size = try CIFAR.size(path)
            if header == 0 {
                for guess in [1, 2] where header == 0 && size > 0 && size % (CIFAR.pixels + guess) == 0 {
                    // A size may be a whole number of either; the labels of the wrong one are pixels.
                    let read = try CIFAR.labels(path, size, guess)
                    if read.allSatisfy({ $0 < CIFAR.classes(guess) }) { (header, labels) = (guess, read) }
                }
                if header == 0 { throw CIFAR.foreign(path, size) }
                continue
            }
            try require(
                size % (CIFAR.pixels + header) == 0, .badFile, "'\(path)' is not whole records like '\(paths[0])'")
            labels += try CIFAR.labels(path, size, header)
        }
        try require(!labels.isEmpty, .badFile, "no CIFAR files")
        let classes = CIFAR.classes(header)
        for (i, label) in labels.enumerated() {
            try require(label < classes, .badFile, "record \(i) has label \(label) of \(classes)")
        }
        self.header = header
        self.labels = labels
        let found = CIFAR.names(
            beside: paths[0], header == 1 ? "batches.meta.txt" : "fine_label_names.txt", Int(classes))
        named = found != nil
        names = found ?? (0..<Int(classes)).map { "\($0)" }
    }

    /// Whether `path` is named as such files are.
    static func isNamed(_ path: String) -> Bool { Text.split(path, at: UInt8(ascii: ".")).last == "bin" }

    static func isTest(_ path: String) -> Bool {
        (Text.split(path, at: UInt8(ascii: "/")).last ?? "").utf8.starts(with: "test".utf8)
    }

    private static func classes(_ header: Int) -> UInt8 { header == 1 ? 10 : 100 }

    private static func size(_ path: String) throws(KingletError) -> Int {
        let size = path.withCString { ks_size($0) }
        try require(size >= 0, .badFile, "cannot read '\(path)': \(String(cString: ks_error(Int32(clamping: size))))")
        return Int(clamping: size)
    }

    private static func foreign(_ path: String, _ size: Int) -> KingletError {
        var kind = "a file"
        if let start = try? Storage(bytes: min(size, 256)), (try? read(path, 0, start.base, start.bytes)) != nil {
            kind = Format.name(UnsafeRawBufferPointer(start: start.base, count: start.bytes))
        }
        return KingletError(.badFile, "'\(path)' is \(kind) of \(size) bytes, not CIFAR records of 3073 or 3074")
    }

    private static func labels(_ path: String, _ size: Int, _ header: Int) throws(KingletError) -> [UInt8] {
        let (record, count) = (pixels + header, size / (pixels + header))
        let block = try Storage(bytes: 64 * record)
        var labels: [UInt8] = []
        labels.reserveCapacity(count)
        for first in stride(from: 0, to: count, by: 64) {
            let n = min(64, count - first)
            try read(path, first * record, block.base, n * record)
            for i in 0..<n { labels.append(block.base.load(fromByteOffset: i * record + header - 1, as: UInt8.self)) }
        }
        return labels
    }

    /// Exactly `count` bytes from `offset` on.
    private static func read(
        _ path: String, _ offset: Int, _ bytes: UnsafeMutableRawPointer, _ count: Int
    ) throws(KingletError) {
        let got = path.withCString { ks_read_at($0, UInt64(offset), bytes, count) }
        try require(got >= 0, .badFile, "cannot read '\(path)': \(String(cString: ks_error(Int32(clamping: got))))")
        try require(got == count, .badFile, "'\(path)' has become shorter")
    }

    private static func names(beside path: String, _ file: String, _ count: Int) -> [String]? {
        let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
        guard let text = try? Storage(file: folder + file, limit: 1 << 16) else { return nil }
        let bytes = UnsafeRawBufferPointer(start: text.base, count: text.bytes)
        let names = bytes.split { $0 == 10 || $0 == 13 }.map { String(decoding: $0, as: UTF8.self) }
        return names.count == count ? names : nil
    }

    private func file(_ i: Int) -> File { files[(files.firstIndex { $0.first > i } ?? files.count) - 1] }

    /// What to call record `i` in a message.
    public func name(_ i: Int) -> String { "record \(i - file(i).first) of \(file(i).path)" }

    /// Whether the file of record `i` is named as one for tests.
    func isTest(_ i: Int) -> Bool { file(i).isTest }

    public func image(_ i: Int) throws(KingletError) -> Image {
        let (file, record) = (file(i), CIFAR.pixels + header)
        let planes = try Storage(bytes: record)
        try CIFAR.read(file.path, (i - file.first) * record, planes.base, record)
        let x = planes.base.assumingMemoryBound(to: UInt8.self) + header
        let y = try Image(Size(32, 32))
        for p in 0..<1024 { for c in 0..<3 { y.u8[3 * p + c] = x[1024 * c + p] } }
        return y
    }
}
