import Engine

/// Pictures in one folder for each class: ROOT/{train,val,test}/CLASS/… or ROOT/CLASS/…
public struct ImageFolder: Sendable {
    /// The classes, in the order of their names' bytes.
    public let labels: [String]
    public private(set) var files: [String] = []
    /// The class of each file.
    public private(set) var classes: [Int] = []
    /// Which part each file was put into by whoever made the folder.
    public private(set) var origins: [Dataset.Origin] = []

    private static let parts: [(name: String, origin: Dataset.Origin)] = [
        ("train", .train), ("val", .val), ("valid", .val), ("validation", .val), ("test", .test),
    ]

    /// Without folders of its own, a part is every fifth picture (val) or the others (train), chosen by name and `seed`.
    public init(_ root: String, _ part: Dataset.Part = .all, seed: UInt64 = 0) throws(KingletError) {
        let top = try Folder.entries(root).filter { $0.isFolder }.map { $0.name }
        var roots: [(path: String, origin: Dataset.Origin)] = [(root, .given)]
        var drawn = part
        if top.contains("train") {
            roots = ImageFolder.parts.filter { top.contains($0.name) }.map { (Folder.join(root, $0.name), $0.origin) }
            if roots.count > 1 { drawn = .all }
        }
        // A class keeps its index in every part.
        labels = try ImageFolder.classes(roots.map { $0.path })
        switch part {
        case .all: break
        case .train: roots = Array(roots[..<1])
        case .val: roots = roots.count > 1 ? [roots[1]] : roots
        }
        for root in roots {
            for entry in try Folder.entries(root.path) where entry.isFolder {
                guard let c = labels.firstIndex(of: entry.name) else { continue }
                for file in try Folder.pictures(Folder.join(root.path, entry.name))
                where drawn == .all
                    || (drawn == .val) == ImageFolder.isVal(file.utf8.dropFirst(root.path.utf8.count), seed)
                {
                    files.append(file)
                    classes.append(c)
                    origins.append(root.origin)
                }
            }
        }
        try require(
            !files.isEmpty, .badFile, "no pictures in '\(root)': it should hold CLASS/*.jpg or {train,val}/CLASS/*.jpg")
    }

    private static func classes(_ roots: [String]) throws(KingletError) -> [String] {
        var labels: [String] = []
        for root in roots {
            for entry in try Folder.entries(root) where entry.isFolder && !labels.contains(entry.name) {
                labels.append(entry.name)
            }
        }
        return labels.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// One name in five, the same ones whatever else the folder holds.
    private static func isVal(_ name: some Sequence<UInt8>, _ seed: UInt64) -> Bool {
        // FNV-1a, then the finalizer of MurmurHash3.
        var h: UInt64 = 0xCBF2_9CE4_8422_2325 ^ seed
        for byte in name { h = (h ^ UInt64(byte)) &* 0x100_0000_01B3 }
        h = (h ^ (h >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        h = (h ^ (h >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return (h ^ (h >> 33)) % 5 == 0
    }
}
