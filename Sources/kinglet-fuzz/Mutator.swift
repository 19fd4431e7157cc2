/// Files made from others by flipping, cutting, inserting, repeating and splicing; round `i` is always the same.
struct Mutator {
    let files: [[UInt8]]
    let seed: UInt64
    /// Files do not grow beyond this many bytes.
    private let limit = 1 << 19

    func file(_ round: UInt64) -> [UInt8] {
        var random = Random(state: seed &* 0x9E37_79B9_7F4A_7C15 &+ round)
        var bytes = files[random.below(files.count)]
        for _ in 0...random.below(8) { change(&bytes, &random) }
        return Array(bytes.prefix(limit))
    }

    private func change(_ bytes: inout [UInt8], _ random: inout Random) {
        // Headers are where most decisions fall: half of the changes are made there.
        let reach = random.below(2) == 0 ? min(bytes.count, 700) : bytes.count
        let at = random.below(reach + 1)
        switch random.below(9) {
        case 0 where at < bytes.count: bytes[at] ^= 1 << UInt8(random.below(8))
        case 1 where at < bytes.count: bytes[at] = UInt8(random.below(256))
        case 2 where at < bytes.count: bytes[at] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF][random.below(6)]
        case 3 where at + 1 < bytes.count:
            bytes[at] = 0xFF
            bytes[at + 1] = UInt8(0xC0 + random.below(64))
        case 4: bytes.removeSubrange(at..<min(at + random.below(64), bytes.count))
        case 5: bytes.insert(contentsOf: (0..<random.below(16)).map { _ in UInt8(random.below(256)) }, at: at)
        case 6:
            let part = Array(bytes[at..<min(at + random.below(4096), bytes.count)])
            if bytes.count < limit { bytes.insert(contentsOf: part, at: random.below(bytes.count + 1)) }
        case 7:
            let other = files[random.below(files.count)]
            bytes = Array(bytes.prefix(at) + other.dropFirst(random.below(other.count + 1)))
        case 8 where random.below(4) == 0: bytes.removeSubrange(at...)
        default: break
        }
    }
}

/// SplitMix64 (Steele et al., 2014).
struct Random {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 0 ..< `count`, 0 where `count` is 0.
    mutating func below(_ count: Int) -> Int { count > 0 ? Int(next() % UInt64(count)) : 0 }
}
