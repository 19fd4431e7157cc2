import CKernels

/// The leaf kernels in plain Swift: the specification that every table entry is tested against, and the kernels of
/// the baseline instruction set.
package enum Twin {
    package static let f32Tile = Kernels.TileShape(mr: 4, nr: 8)
    package static let i8Tile = Kernels.TileShape(mr: 4, nr: 8)

    /// a · b + c. Fused only where the baseline has the instruction: elsewhere it would be a call for every lane.
    @inline(__always)
    static func multiplyAdd(_ a: SIMD4<Float>, _ b: SIMD4<Float>, _ c: SIMD4<Float>) -> SIMD4<Float> {
        #if arch(arm64)
            c.addingProduct(a, b)
        #else
            a * b + c
        #endif
    }

    /// NaN stays NaN.
    @inline(__always)
    static func clamp(_ x: Float, _ low: Float, _ high: Float) -> Float {
        let x = x < low ? low : x
        return x > high ? high : x
    }

    @inline(__always)
    static func clamp(_ x: SIMD4<Float>, _ low: Float, _ high: Float) -> SIMD4<Float> {
        let x = x.replacing(with: low, where: x .< low)
        return x.replacing(with: high, where: x .> high)
    }

    /// clamp(roundHalfEven(x) + zero, low, high); NaN becomes low.
    ///
    /// After clamping, x is far below 2²², where adding and subtracting 1.5 · 2²³ rounds half to even.
    @inline(__always)
    static func round(_ x: Float, _ zero: Int32, _ low: Int32, _ high: Int32) -> Int8 {
        let (least, most) = (Float(low - zero), Float(high - zero))
        var x = x > least ? x : least
        x = x < most ? x : most
        let magic: Float = 12_582_912
        let shifted = x + magic
        return Int8(truncatingIfNeeded: Int32(bitPattern: shifted.bitPattern &- magic.bitPattern) &+ zero)
    }
}

/// clamp(roundHalfEven(float(sum) · scale) + zero, low, high): how every integer operator ends.
@inline(__always)
public func requantize(_ sum: Int32, _ scale: Float, zero: Int32, low: Int32 = -128, high: Int32 = 127) -> Int8 {
    Twin.round(Float(sum) * scale, zero, low, high)
}
