import CKernels

extension Twin {
    package static func resample(_ t: kn_resample_row) {
        for r in 0..<t.rows {
            let x = t.x + r * t.x_stride
            let y = t.y + r * t.y_stride
            for j in 0..<t.columns {
                var from = UnsafeRawPointer(x + 3 * t.first[j])
                var sum = SIMD4<Int32>(repeating: 1 << 21)
                for k in j * t.taps..<j * t.taps + t.count[j] {
                    // The fourth byte belongs to the next pixel, or to nobody, and is not used.
                    let pixel = from.loadUnaligned(as: SIMD4<UInt8>.self)
                    sum &+= SIMD4<Int32>(truncatingIfNeeded: pixel) &* t.weights[k]
                    from += 3
                }
                sum &>>= 22
                y[3 * j] = UInt8(truncatingIfNeeded: sum[0])
                y[3 * j + 1] = UInt8(truncatingIfNeeded: sum[1])
                y[3 * j + 2] = UInt8(truncatingIfNeeded: sum[2])
            }
        }
    }

    package static func resample(_ t: kn_resample_column) {
        var i = 0
        while i + 16 <= t.bytes {
            var sum = SIMD16<Int32>(repeating: 1 << 21)
            for k in 0..<t.count {
                let x = UnsafeRawPointer(t.x + k * t.x_stride + i).loadUnaligned(as: SIMD16<UInt8>.self)
                sum &+= SIMD16<Int32>(truncatingIfNeeded: x) &* t.weights[k]
            }
            let bytes = SIMD16<UInt8>(truncatingIfNeeded: sum &>> 22)
            UnsafeMutableRawPointer(t.y + i).storeBytes(of: bytes, as: SIMD16<UInt8>.self)
            i += 16
        }
        while i < t.bytes {
            var sum: Int32 = 1 << 21
            for k in 0..<t.count { sum &+= Int32(t.x[k * t.x_stride + i]) &* t.weights[k] }
            t.y[i] = UInt8(truncatingIfNeeded: sum &>> 22)
            i += 1
        }
    }
}
