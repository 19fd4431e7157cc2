/// y = table[x]: any function of one int8 value, such as another scale or an activation.
public final class IntegerTable: Op {
    /// The value for -128, -127, … 127.
    let table: [Int8]

    public init(_ table: [Int8]) {
        precondition(table.count == 256)
        self.table = table
    }

    /// q of `from` as the nearest q of `to`.
    public convenience init(_ from: Quantization, to: Quantization) {
        self.init(
            (-128...127).map { (q: Int32) in Int8(truncatingIfNeeded: to.quantize(Float(q - from.zero) * from.scale)) })
    }

    public var isIdentity: Bool { table == (-128...127).map { Int8($0) } }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try require(x.count == 1 && x[0].dtype == .i8, .shape, "IntegerTable takes one int8 input")
        return x
    }

    public var inPlace: Bool { true }

    public func forward(_ frame: Frame, _ worker: Worker) {
        let (x, y) = (frame.x[0].i8, frame.y[0].i8)
        table.withUnsafeBufferPointer { table in
            guard let middle = table.baseAddress.map({ $0 + 128 }) else { return }
            for i in worker.share(of: frame.x[0].count, grain: 64) { y[i] = middle[Int(x[i])] }
        }
    }
}
