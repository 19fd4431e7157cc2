import Engine
import Vision

/// Bytes that arrive in pieces whose sizes come from a seed; it can tell how many have been read.
final class Pieces: ByteSource {
    private let bytes: [UInt8]
    private let largest: Int
    private var random: Dice
    private(set) var read = 0

    init(_ bytes: [UInt8], largest: Int, seed: UInt64 = 1) {
        self.bytes = bytes
        self.largest = largest
        random = Dice(seed)
    }

    func wait(_ ms: Int) throws(KingletError) -> Bool { true }

    func read(_ to: UnsafeMutableRawPointer, _ room: Int) throws(KingletError) -> Int {
        let count = min(1 + random.below(largest), room, bytes.count - read)
        for i in 0..<count { to.storeBytes(of: bytes[read + i], toByteOffset: i, as: UInt8.self) }
        read += count
        return count
    }
}

/// SplitMix64 (Steele et al., 2014).
struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(below(256)) } }
}
