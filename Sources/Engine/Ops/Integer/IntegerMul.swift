/// y = saturate(roundHalfEven(float((a - za) · (b - zb)) · (sa · sb / sy)) + zy), kept in `low ... high`; a and b broadcast
/// as in ONNX.
public final class IntegerMul: Op {
    let a: Int32
    let b: Int32
    let scale: Float
    package let output: IntegerOutput

    public init(_ a: Quantization, _ b: Quantization, _ y: Quantization, output: IntegerOutput) {
        self.a = a.zero
        self.b = b.zero
        scale = a.scale * b.scale / y.scale
        self.output = output
    }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try IntegerPairs.infer("IntegerMul", x)
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (a, b, y) = (frame.x[0].i8, frame.x[1].i8, frame.y[0].i8)
        let (za, zb, scale, output) = (self.a, self.b, scale, output)
        @inline(__always) func product(_ p: Int8, _ q: Int8) -> Int8 {
            requantize((Int32(p) &- za) &* (Int32(q) &- zb), scale, zero: output.zero, low: output.low, high: output.high)
        }
        IntegerPairs(frame).walk(worker.share(of: frame.y[0].count, grain: 64)) { i, j, k, count, si, sj in
            switch (si, sj) {
            case (1, 1): for n in 0..<count { y[k + n] = product(a[i + n], b[j + n]) }
            case (1, _): for n in 0..<count { y[k + n] = product(a[i + n], b[j]) }
            default: for n in 0..<count { y[k + n] = product(a[i], b[j + n]) }
            }
        }
    }
}
