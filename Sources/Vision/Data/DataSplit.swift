import Engine

/// Which pictures are trained on, which the schedule and the guard watch (validation), and which nobody sees before the
/// last judgement (gate). The same seed and data give the same split.
public struct DataSplit: Sendable {
    public struct Options: Sendable {
        /// Of the pictures of each class.
        public var validation = 0.1
        public var gate = 0.1
        /// Pictures in each of validation and gate, over all classes.
        public var most = 1000
        /// Validation and gate are made of the data's own val and test parts, where it has them.
        public var ownParts = true

        public init() {}
    }

    /// Indices of pictures; any beginning of `validation` and `gate` is a random sample.
    public private(set) var train: [Int32] = []
    public private(set) var validation: [Int32] = []
    public private(set) var gate: [Int32] = []
    /// Pictures of a part that are in another one too, and were taken out of the former.
    public private(set) var trainDuplicates = 0
    public private(set) var validationDuplicates = 0
    /// Pictures of the data's own val or test part beyond `most`.
    public private(set) var unused = 0

    /// At least this many pictures of each class are in each part.
    static let least = 2
    private static let salt: UInt64 = 0x5350_4C49_5400_0000

    public init(_ cache: ImageCache, _ names: [String], seed: UInt64, _ options: Options = Options())
        throws(KingletError)
    {
        try self.init(cache.labels, cache.origins, cache.hashes, names, seed: seed, options)
    }

    /// `names` are those of the labels; a class without pictures is passed over.
    public init(
        _ labels: [Int32], _ origins: [Dataset.Origin], _ hashes: [UInt64], _ names: [String], seed: UInt64,
        _ options: Options = Options()
    ) throws(KingletError) {
        try require(
            options.validation > 0 && options.gate > 0 && options.validation + options.gate < 1, .usage,
            "the fractions for validation and gate must be above 0 and below 1 together")
        let total = labels.count
        for c in names.indices {
            // Pictures of the class by where they come from, in random order.
            var pools = InlineArray<4, [Int32]>(repeating: [])
            for i in labels.indices where Int(labels[i]) == c {
                pools[options.ownParts ? Int(origins[i].rawValue) : 0].append(Int32(i))
            }
            let count = (0..<4).reduce(0) { $0 + pools[$1].count }
            if count == 0 { continue }
            var random = Random(seed: seed ^ DataSplit.salt, stream: UInt64(c))
            for p in 0..<4 { random.shuffle(&pools[p]) }
            let cap = max(DataSplit.least, options.most * count / total)
            func share(_ fraction: Double, of n: Int) -> Int {
                min(max(Int((fraction * Double(n)).rounded()), DataSplit.least), cap)
            }
            func take(_ n: Int, from pool: Dataset.Origin, to part: inout [Int32]) throws(KingletError) {
                let p = Int(pool.rawValue)
                try require(
                    pools[p].count >= max(n, DataSplit.least), .badFile,
                    "class '\(names[c])' has \(count) pictures, too few: training, validation and gate need "
                        + "\(DataSplit.least) each")
                part += pools[p].suffix(n)
                pools[p].removeLast(n)
            }
            let (val, test) = (pools[Int(Dataset.Origin.val.rawValue)].count, pools[3].count)
            if val > 0 && test > 0 {
                try take(min(max(val, DataSplit.least), cap), from: .val, to: &validation)
                try take(min(max(test, DataSplit.least), cap), from: .test, to: &gate)
            } else if val + test > 0 {
                let pool = val > 0 ? Dataset.Origin.val : .test
                try take(min(max((val + test) / 2, DataSplit.least), cap), from: pool, to: &gate)
                try take(min(max((val + test + 1) / 2, DataSplit.least), cap), from: pool, to: &validation)
            } else {
                let pool = pools[0].isEmpty ? Dataset.Origin.train : .given
                let n = pools[0].count + pools[1].count
                try take(share(options.gate, of: n), from: pool, to: &gate)
                try take(share(options.validation, of: n), from: pool, to: &validation)
            }
            unused += pools[2].count + pools[3].count
            try require(
                pools[0].count + pools[1].count >= DataSplit.least, .badFile,
                "class '\(names[c])' has \(count) pictures, too few are left for training: give \(3 * DataSplit.least)")
            train += pools[0] + pools[1]
        }
        train.sort()
        var random = Random(seed: seed ^ DataSplit.salt, stream: 1 << 32)
        random.shuffle(&validation)
        random.shuffle(&gate)
        separate(hashes)
    }

    /// Pictures whose pixels are in a part that judges must not be in one that is judged by it.
    private mutating func separate(_ hashes: [UInt64]) {
        let judges = gate.map { hashes[Int($0)] }.sorted()
        let before = (validation.count, train.count)
        validation.removeAll { holds(judges, hashes[Int($0)]) }
        let held = (judges + validation.map { hashes[Int($0)] }).sorted()
        train.removeAll { holds(held, hashes[Int($0)]) }
        (validationDuplicates, trainDuplicates) = (before.0 - validation.count, before.1 - train.count)
    }
}

/// Whether `x` is in the sorted `list`.
private func holds(_ list: [UInt64], _ x: UInt64) -> Bool {
    var (low, high) = (0, list.count)
    while low < high {
        let middle = (low + high) / 2
        if list[middle] < x { low = middle + 1 } else { high = middle }
    }
    return low < list.count && list[low] == x
}
