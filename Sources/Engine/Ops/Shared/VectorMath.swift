/// Eight floats: what elementwise operators work on at a time.
typealias F8 = SIMD8<Float>

/// e^x within 2 units in the last place; 0 and ∞ beyond float's range.
/// x = n·ln 2 + r, e^x = 2^n · e^r, e^r by a polynomial (Cephes, Moshier 1989).
@inline(__always)
func exp(_ x: F8) -> F8 {
    // Adding 1.5·2^23 rounds to an integer, which then stands in the low bits.
    let magic: Float = 12_582_912
    var x = x.replacing(with: -104, where: x .< -104)
    x = x.replacing(with: 89, where: x .> 89)
    let shifted = x * 1.442_695_04 + magic
    let n = shifted - magic
    let r = (x - n * 0.693_359_375) - n * -2.121_944_40e-4
    var p = r * 1.987_569_15e-4 + 1.398_199_950_7e-3
    p = p * r + 8.333_451_907_3e-3
    p = p * r + 4.166_579_589_4e-2
    p = p * r + 1.666_666_545_9e-1
    p = p * r + 5.000_000_120_1e-1
    p = p * (r * r) + r + 1
    // 2^n in two factors, so that results at the ends of the range come out right.
    let k = unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- Int32(bitPattern: magic.bitPattern)
    let half = k &>> SIMD8(repeating: 1)
    return p * powerOfTwo(half) * powerOfTwo(k &- half)
}

/// 2^k for -127 < k < 128.
@inline(__always)
private func powerOfTwo(_ k: SIMD8<Int32>) -> F8 {
    unsafeBitCast((k &+ 127) &<< SIMD8(repeating: 23), to: F8.self)
}

/// 1 / (1 + e^-x).
@inline(__always)
func sigmoid(_ x: F8) -> F8 { 1 / (1 + exp(-x)) }

/// tanh x within 5 units in the last place: a rational function of degree 13 over 6 (as in Eigen).
@inline(__always)
func tanh(_ x: F8) -> F8 {
    // Beyond this tanh is 1 in float.
    var x = x.replacing(with: -7.905_311_1, where: x .< -7.905_311_1)
    x = x.replacing(with: 7.905_311_1, where: x .> 7.905_311_1)
    let s = x * x
    var p = s * -2.760_768_477_423_55e-16 + 2.000_187_904_824_77e-13
    p = p * s + -8.604_671_522_137_35e-11
    p = p * s + 5.122_297_090_371_14e-08
    p = p * s + 1.485_722_357_179_79e-05
    p = p * s + 6.372_619_288_754_36e-04
    p = p * s + 4.893_524_558_917_86e-03
    var q = s * 1.198_258_394_667_02e-06 + 1.185_347_056_866_54e-04
    q = q * s + 2.268_434_632_439_00e-03
    q = q * s + 4.893_525_185_543_85e-03
    return x * p / q
}

/// x limited to low ... high; NaN stays, and `high` wins over `low`.
@inline(__always)
func clamp(_ x: F8, _ low: F8, _ high: F8) -> F8 {
    let x = x.replacing(with: low, where: x .< low)
    return x.replacing(with: high, where: x .> high)
}

/// Eight floats from memory of any alignment.
@inline(__always)
func load(_ x: UnsafePointer<Float>) -> F8 { UnsafeRawPointer(x).loadUnaligned(as: F8.self) }

@inline(__always)
func store(_ v: F8, _ y: UnsafeMutablePointer<Float>) { UnsafeMutableRawPointer(y).storeBytes(of: v, as: F8.self) }

/// The first `n` < 8 floats, the others 1: reading past the end is not allowed, and 1 is harmless to any function.
@inline(__always)
func load(_ x: UnsafePointer<Float>, first n: Int) -> F8 {
    var v = F8(repeating: 1)
    for i in 0..<n { v[i] = x[i] }
    return v
}

@inline(__always)
func store(_ v: F8, _ y: UnsafeMutablePointer<Float>, first n: Int) { for i in 0..<n { y[i] = v[i] } }

/// y[i] = f(x[i]), eight at a time; x and y may be the same.
/// Pass a function that is always inlined: a closure that is used twice stays a call.
@inline(__always)
func map(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ range: Range<Int>, _ f: (F8) -> F8) {
    var i = range.lowerBound
    while i + 8 <= range.upperBound {
        store(f(load(x + i)), y + i)
        i += 8
    }
    let rest = range.upperBound - i
    if rest > 0 { store(f(load(x + i, first: rest)), y + i, first: rest) }
}
