import Engine

/// ONNX's element types (`TensorProto.DataType`) and how Kinglet holds them.
enum ElementType {
    static let float16 = 10
    static let bfloat16 = 16

    /// Half-precision types are held as float32.
    static func held(_ type: Int) -> DType? {
        type == float16 || type == bfloat16 ? .f32 : UInt8(exactly: type).flatMap { DType(rawValue: $0) }
    }

    /// Bytes of one element in a file.
    static func bytes(_ type: Int) -> Int { type == float16 || type == bfloat16 ? 2 : held(type)?.bytes ?? 0 }

    static func name(_ type: Int) -> String {
        let names = [
            "undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16",
            "float64", "uint32", "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz",
            "float8e5m2", "float8e5m2fnuz", "uint4", "int4", "float4e2m1",
        ]
        return names.indices.contains(type) ? names[type] : "element type \(type)"
    }

    /// The float of 16 bits of `type`.
    static func widen(_ bits: UInt16, _ type: Int) -> Float {
        if type == bfloat16 { return Float(bitPattern: UInt32(bits) << 16) }
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10) & 31
        let fraction = UInt32(bits) & 0x3ff
        switch exponent {
        case 0:
            // Subnormal: fraction · 2⁻²⁴.
            let size = Float(fraction) * Float(sign: .plus, exponent: -24, significand: 1)
            return Float(bitPattern: size.bitPattern | sign)
        case 31: return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
        default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }

    /// The 16 bits of `type` nearest to `value`, ties to even.
    static func narrow(_ value: Float, _ type: Int) -> UInt16 {
        let bits = value.bitPattern
        if type == bfloat16 {
            if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
            return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16)
        }
        let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
        if value.isNaN { return sign | 0x7e00 | UInt16(truncatingIfNeeded: bits >> 13 & 0x1ff) }
        let size = value.magnitude
        if size >= 65520 { return sign | 0x7c00 }
        if size < Float(sign: .plus, exponent: -14, significand: 1) {
            let scaled = (size * Float(sign: .plus, exponent: 24, significand: 1)).rounded(.toNearestOrEven)
            return sign | UInt16(scaled)
        }
        let rounded = (bits & 0x7fff_ffff) &+ 0xfff &+ (bits >> 13 & 1)
        return sign | UInt16(truncatingIfNeeded: (rounded &- 112 << 23) >> 13)
    }
}
