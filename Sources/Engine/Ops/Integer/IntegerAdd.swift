import CKernels

/// y = clamp(roundHalfEven(b · sb/sy + (a · sa/sy + shift)), low, high), shift = zy - (za · sa/sy + zb · sb/sy);
/// a and b broadcast as in ONNX.
public final class IntegerAdd: Op {
    let aScale: Float
    package let bScale: Float
    let shift: Float
    package let output: IntegerOutput

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
        let part = worker.share(of: frame.y[0].count, grain: 64)
        if IntegerPairs.areAlike(frame) {
            let i = part.lowerBound
            var call = kn_add_i8(
                count: part.count, a: b + i, b: a + i, a_scale: bScale, b_scale: aScale, shift: shift, low: output.low,
                high: output.high, y: y + i)
            return frame.target.kernels.add(&call)
        }
        let (ra, rb, shift, output) = (aScale, bScale, shift, output)
        @inline(__always) func sum(_ p: Int8, _ q: Int8) -> Int8 {
            Twin.round(Float(q) * rb + (Float(p) * ra + shift), 0, output.low, output.high)
        }
        IntegerPairs(frame).walk(part) { i, j, k, count, si, sj in
            switch (si, sj) {
            case (1, 1): for n in 0..<count { y[k + n] = sum(a[i + n], b[j + n]) }
            case (1, _): for n in 0..<count { y[k + n] = sum(a[i + n], b[j]) }
            default: for n in 0..<count { y[k + n] = sum(a[i], b[j + n]) }
            }
        }
    }
}
