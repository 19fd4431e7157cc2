import Engine

/// Labelled pictures, decoded once: bytes [count, height, width, channels] at the size of a model's input.
/// Channels are red, green, blue, or grey; what the model subtracts and divides by comes later.
public struct ImageCache: Sendable {
    /// A picture with which something is wrong.
    public struct Flaw: Sendable {
        public let name: String
        public let reason: String
    }

    public let size: Size
    public let channels: Int
    public let pixels: Storage
    /// The class of each picture, as an index of the model's outputs.
    public let labels: [Int32]
    /// Of each picture's pixels: equal for equal pictures.
    public let hashes: [UInt64]
    public let origins: [Dataset.Origin]
    /// Which picture of the data set each one is.
    public let sources: [Int32]
    /// Pictures that could not be decoded and are left out.
    public let failures: [Flaw]
    /// Pictures that are in, though something is wrong with their files.
    public let flawed: [Flaw]

    public var count: Int { labels.count }
    /// Bytes of one picture.
    public var step: Int { size.count * channels }

    public func u8(_ i: Int) -> UnsafePointer<UInt8> {
        UnsafePointer(pixels.base.assumingMemoryBound(to: UInt8.self) + i * step)
    }

    /// What `count` pictures take in memory: pixels, label, hash, origin and source of each.
    public static func bytes(_ count: Int, _ size: Size, _ channels: Int) -> Int {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: size.count * channels + 4 + 8 + 1 + 4)
        return overflow ? .max : bytes
    }

    /// Pictures `chosen` (all if nil) of `data`, prepared as `preprocess` wants them for an input of `layout`, decoded by
    /// the workers of `threads`. `classes` maps a class of the data to an output of the model, the same one if nil.
    public init(
        _ data: Dataset, _ preprocess: Preprocess, _ layout: Layout, chosen: [Int]? = nil, classes: [Int]? = nil,
        memory: Int? = nil, threads: ThreadPool? = nil, limits: JPEG.Limits = JPEG.Limits()
    ) throws(KingletError) {
        try preprocess.check(layout)
        let chosen = chosen ?? Array(0..<data.count)
        let (size, channels) = (layout.size, layout.channels)
        if let memory { try ImageCache.check(chosen.count, size, channels, memory) }
        let pixels = try Storage(bytes: try checkedCount([chosen.count, size.count, channels], limit: .max))
        let job = Decoding(data, preprocess, chosen, Layout(pixels: chosen.count, size, channels), limits, pixels)
        if let threads { threads.run(job) } else { job.run(.alone) }

        let step = size.count * channels
        let base = pixels.base
        var (labels, hashes, origins, sources) = ([Int32](), [UInt64](), [Dataset.Origin](), [Int32]())
        var (failures, flawed) = ([Flaw](), [Flaw]())
        labels.reserveCapacity(chosen.count)
        hashes.reserveCapacity(chosen.count)
        origins.reserveCapacity(chosen.count)
        sources.reserveCapacity(chosen.count)
        for (i, source) in chosen.enumerated() {
            if let reason = job.reasons[i] {
                failures.append(Flaw(name: data.name(source), reason: reason))
                continue
            }
            if let warning = job.warnings[i] { flawed.append(Flaw(name: data.name(source), reason: warning)) }
            let to = base + labels.count * step
            if labels.count < i { to.copyMemory(from: base + i * step, byteCount: step) }
            hashes.append(hash(to, step))
            labels.append(Int32(classes?[data.label(source)] ?? data.label(source)))
            origins.append(data.origin(source))
            sources.append(Int32(source))
        }
        try require(
            !labels.isEmpty, .badFile,
            failures.isEmpty
                ? "no pictures to decode"
                : "none of \(failures.count) pictures can be decoded: \(failures[0].name): \(failures[0].reason)")
        self.size = size
        self.channels = channels
        self.pixels = pixels
        self.labels = labels
        self.hashes = hashes
        self.origins = origins
        self.sources = sources
        self.failures = failures
        self.flawed = flawed
    }

    private static func check(_ count: Int, _ size: Size, _ channels: Int, _ memory: Int) throws(KingletError) {
        let needed = bytes(count, size, channels)
        if needed <= memory { return }
        throw KingletError(
            .resource,
            "\(count) pictures take \(needed) bytes decoded at \(size.text): \(max(memory, 0)) are left for them, "
                + "enough for \(max(memory, 0) / bytes(1, size, channels)) pictures")
    }
}

/// 64 bits that equal pixels share: words mixed by the multiplication of wyhash (Wang Yi, 2019).
private func hash(_ x: UnsafeRawPointer, _ count: Int) -> UInt64 {
    func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (high, low) = a.multipliedFullWidth(by: b)
        return high ^ low
    }
    let secret: UInt64 = 0xA076_1D64_78BD_642F
    var h = mix(UInt64(count) ^ 0xE703_7ED1_A0B4_28DB, secret)
    var i = 0
    while i + 8 <= count {
        h = mix(h ^ x.loadUnaligned(fromByteOffset: i, as: UInt64.self), secret)
        i += 8
    }
    var tail: UInt64 = 0
    while i < count {
        tail = tail << 8 | UInt64(x.load(fromByteOffset: i, as: UInt8.self))
        i += 1
    }
    return mix(h ^ tail, secret)
}
