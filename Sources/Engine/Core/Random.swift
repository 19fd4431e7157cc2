import CSystem

/// Pseudo-random numbers whose whole state can be saved: xoshiro256** (Blackman, Vigna 2018), seeded by splitmix64.
/// The same seed and stream give the same numbers on every machine.
public struct Random: Sendable {
    /// Four words, not all zero.
    public private(set) var state: InlineArray<4, UInt64>

    /// Streams of one seed are unrelated: give each use (shuffles, noise, augmentation, an image) its own.
    public init(seed: UInt64, stream: UInt64 = 0) {
        var mix = seed &+ stream &* 0xD1B5_4A32_D192_ED03
        state = InlineArray(repeating: 0)
        for i in 0..<4 {
            mix &+= 0x9E37_79B9_7F4A_7C15
            var z = mix
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            state[i] = z ^ (z >> 31)
        }
    }

    /// Goes on from a saved state.
    public init(state: InlineArray<4, UInt64>) { self.state = state }

    /// 64 random bits.
    @inline(__always)
    public mutating func next() -> UInt64 {
        func turned(_ x: UInt64, _ k: UInt64) -> UInt64 { x << k | x >> (64 - k) }
        let result = turned(state[1] &* 5, 7) &* 9
        let t = state[1] << 17
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= t
        state[3] = turned(state[3], 45)
        return result
    }

    /// Uniform in [0, 1), in steps of 2⁻²⁴.
    @inline(__always)
    public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// Uniform in [low, high].
    @inline(__always)
    public mutating func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * uniform() }

    /// Uniform in 0 ..< n without bias; n > 0.
    public mutating func below(_ n: Int) -> Int {
        let n = UInt64(n)
        let unfair = (0 &- n) % n
        while true {
            let (high, low) = next().multipliedFullWidth(by: n)
            if low >= unfair { return Int(high) }
        }
    }

    /// Normal with mean 0 and variance 1: Marsaglia's polar method (1964), of whose two numbers one is used.
    public mutating func normal() -> Float {
        while true {
            let (a, b) = (Double(uniform(-1, 1)), Double(uniform(-1, 1)))
            let s = a * a + b * b
            if s > 0 && s < 1 { return Float(a * ks_sqrt(-2 * ks_log(s) / s)) }
        }
    }

    /// A random order of `list` (Fisher, Yates; Durstenfeld 1964).
    public mutating func shuffle<T>(_ list: inout [T]) {
        for i in stride(from: list.count - 1, to: 0, by: -1) { list.swapAt(i, below(i + 1)) }
    }
}
