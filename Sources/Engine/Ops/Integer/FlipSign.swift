/// y = x - 128 as int8, of uint8 x, or y = x + 128 as uint8, of int8 x: the same byte with its sign bit turned over.
public final class FlipSign: Op {
    public init() {}

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try require(
            x.count == 1 && (x[0].dtype == .u8 || x[0].dtype == .i8), .shape, "FlipSign takes one int8 or uint8 input")
        return [TensorType(x[0].dtype == .u8 ? .i8 : .u8, x[0].shape)]
    }

    public var inPlace: Bool { true }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0].u8, frame.y[0].u8)
        for i in worker.share(of: frame.x[0].count, grain: 64) { y[i] = x[i] ^ 0x80 }
    }
}
