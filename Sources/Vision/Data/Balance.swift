import Engine

/// How many pictures of each class are in each part of the data, and what is wrong with that.
public struct Balance: Sendable {
    public struct Row: Sendable, Equatable {
        public let name: String
        public var train = 0
        public var validation = 0
        public var gate = 0
    }

    /// One for each output that is a class of the data.
    public private(set) var rows: [Row] = []
    /// As sentences.
    public private(set) var warnings: [String] = []

    /// Of the largest class to the smallest, above which a warning is due.
    static let limit = 3.0

    /// A class of a new head without pictures is an error, as is a single one with any.
    public init(_ cache: ImageCache, _ split: DataSplit, _ classes: ClassMap) throws(KingletError) {
        try self.init(cache.labels, split, classes)
        if !cache.failures.isEmpty {
            warnings.append("\(cache.failures.count) pictures cannot be decoded and are left out")
        }
        if split.trainDuplicates > 0 {
            warnings.append("\(split.trainDuplicates) pictures of the others are in training too: taken out of it")
        }
        if split.validationDuplicates > 0 {
            warnings.append("\(split.validationDuplicates) pictures of the gate are in validation too: taken out of it")
        }
        let clashes = Balance.clashes(cache)
        if clashes > 0 { warnings.append("\(clashes) pictures are there twice, under different classes") }
    }

    public init(_ labels: [Int32], _ split: DataSplit, _ classes: ClassMap) throws(KingletError) {
        var all = classes.labels.map { Row(name: $0) }
        for i in split.train { all[Int(labels[Int(i)])].train += 1 }
        for i in split.validation { all[Int(labels[Int(i)])].validation += 1 }
        for i in split.gate { all[Int(labels[Int(i)])].gate += 1 }
        rows = classes.index.map { all[$0] }
        let empty = rows.filter { $0.train == 0 }
        let full = rows.filter { $0.train > 0 }
        for row in empty {
            let text = "class '\(row.name)' has no pictures to train on"
            if classes.kind == .new { throw KingletError(.badFile, text + ": add some or remove its folder") }
            warnings.append(text)
        }
        try require(full.count >= 2, .badFile, "only class '\(full.first?.name ?? "")' has pictures to train on")
        guard let most = full.max(by: { $0.train < $1.train }), let least = full.min(by: { $0.train < $1.train })
        else { return }
        if Double(most.train) > Balance.limit * Double(least.train) {
            warnings.append(
                "the classes are uneven: \(most.train) pictures of '\(most.name)', \(least.train) of '\(least.name)'")
        }
    }

    /// Pictures equal to an earlier one of another class.
    private static func clashes(_ cache: ImageCache) -> Int {
        let order = (0..<cache.count).sorted {
            cache.hashes[$0] != cache.hashes[$1] ? cache.hashes[$0] < cache.hashes[$1] : $0 < $1
        }
        var (count, first) = (0, 0)
        for (k, i) in order.enumerated() {
            if cache.hashes[i] != cache.hashes[order[first]] { first = k }
            if cache.labels[i] != cache.labels[order[first]] { count += 1 }
        }
        return count
    }
}
