/// Element type and shape.
public struct TensorType: Sendable, Equatable {
    public var dtype: DType
    public var shape: [Int]

    public init(_ dtype: DType, _ shape: [Int]) {
        self.dtype = dtype
        self.shape = shape
    }

    /// Elements that a tensor may have: so few on 32-bit machines that bytes of several can be added up.
    public static let most = min(Int(Int32.max), Int.max >> 6)

    public var rank: Int { shape.count }
    public var count: Int { shape.reduce(1, *) }
    public var bytes: Int { count * dtype.bytes }

    /// float32[1, 3, 224, 224]
    public var description: String { dtype.name + shapeText(shape) }
}

/// [1, 3, 224, 224]
public func shapeText(_ shape: [Int]) -> String {
    var text = "["
    for (i, d) in shape.enumerated() { text += (i == 0 ? "" : ", ") + String(d) }
    return text + "]"
}

/// The number of elements of `shape`, or an error if it is negative or beyond `limit`.
public func checkedCount(_ shape: [Int], limit: Int = TensorType.most) throws(KingletError) -> Int {
    var count = 1
    for d in shape {
        try require(d >= 0, .shape, "negative size in shape \(shapeText(shape))")
        let (product, overflow) = count.multipliedReportingOverflow(by: d)
        try require(!overflow && product <= limit, .resource, "shape \(shapeText(shape)) is too large")
        count = product
    }
    return count
}
