/// The same numbers every time.
struct Numbers {
    private var state: UInt64

    init(_ seed: UInt64 = 1) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    /// −1 ..< 1.
    mutating func float() -> Float { Float(Int64(next() >> 40)) / Float(1 << 23) - 1 }

    /// −128 ... 127, the ends more often than their share.
    mutating func byte() -> Int8 {
        let bits = next()
        return bits & 0x700 == 0 ? (bits & 1 == 0 ? -128 : 127) : Int8(truncatingIfNeeded: bits >> 16)
    }

    mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in float() } }
    mutating func bytes(_ count: Int) -> [Int8] { (0..<count).map { _ in byte() } }
}

/// Arrays at fixed places for kernels to work on, until `free`.
final class KernelMemory {
    private var places: [UnsafeMutableRawPointer] = []

    func keep<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
        let place = UnsafeMutablePointer<T>.allocate(capacity: values.count + 64)
        place.initialize(from: values, count: values.count)
        places.append(UnsafeMutableRawPointer(place))
        return place
    }

    /// Room for `count` results between canaries.
    func guarded<T: Equatable>(_ count: Int, canary: T) -> Guarded<T> {
        Guarded(base: keep([T](repeating: canary, count: count + 2 * Guarded<T>.margin)), count: count, canary: canary)
    }

    func free() {
        for place in places { place.deallocate() }
        places = []
    }
}

struct Guarded<T: Equatable> {
    static var margin: Int { 64 }
    let base: UnsafeMutablePointer<T>
    let count: Int
    let canary: T

    var y: UnsafeMutablePointer<T> { base + Self.margin }
    var values: [T] { Array(UnsafeBufferPointer(start: y, count: count)) }
    var isIntact: Bool {
        (0..<Self.margin).allSatisfy { base[$0] == canary && y[count + $0] == canary }
    }
}

/// The largest |a − b| / max(1, |b|).
func distance(_ a: [Float], _ b: [Float]) -> Float {
    var worst: Float = 0
    for (p, q) in zip(a, b) where p != q {
        let d = abs(p - q) / max(1, abs(q))
        worst = d.isNaN ? .infinity : max(worst, d)
    }
    return worst
}
