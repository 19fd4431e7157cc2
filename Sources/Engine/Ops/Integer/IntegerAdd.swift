/// y = saturate(roundHalfEven(a · sa/sy + (b · sb/sy + shift))), shift = zy - (za · sa/sy + zb · zb/sy), kept in `low ... high`;
/// a and b broadcast as in ONNX.
public final class IntegerAdd: Op {
    let aScale: Float
    let bScale: Float
    let shift: Float
    let output: IntegerOutput

    public init(_ a: Quantization, _ b: Quantization, _ y: Quantization, output: IntegerOutput) {
        aScale = a.scale / y.scale
        bScale = b.scale / y.scale
        shift = Float(y.zero) - (aScale * Float(a.zero) + bScale * Float(b.zero))
        self.output = output
    }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try IntegerPairs.infer("IntegerAdd", x)
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (a, b, y) = (frame.x[0].i8, frame.x[1].i8, frame.y[0].i8)
        let (ra, rb, shift) = (aScale, bScale, shift)
        let (low, high) = (Float(output.low), Float(output.high))
        @inline(__always) func sum(_ p: Int8, _ q: Int8) -> Int8 {
            Int8(truncatingIfNeeded: rounded(Float(p) * ra + (Float(q) * rb + shift), from: low, to: high))
        }
        IntegerPairs(frame).walk(worker.share(of: frame.y[0].count, grain: 64)) { i, j, k, count, si, sj in
            switch (si, sj) {
            case (1, 1): for n in 0..<count { y[k + n] = sum(a[i + n], b[j + n]) }
            case (1, _): for n in 0..<count { y[k + n] = sum(a[i + n], b[j]) }
            default: for n in 0..<count { y[k + n] = sum(a[i], b[j + n]) }
            }
        }
    }
}
