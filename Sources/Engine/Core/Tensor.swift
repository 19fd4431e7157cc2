/// A constant: a type and a place in storage that it keeps alive. The bytes may be unaligned.
public struct Tensor: Sendable {
    public let type: TensorType
    public let storage: Storage
    public let offset: Int

    /// A slice of `storage`; the caller has checked that it lies inside.
    public init(_ type: TensorType, in storage: Storage, at offset: Int = 0) {
        assert(offset >= 0 && offset + type.bytes <= storage.bytes)
        self.type = type
        self.storage = storage
        self.offset = offset
    }

    /// Zeros.
    public init(zeros type: TensorType) throws(KingletError) {
        _ = try checkedCount(type.shape)
        self.init(type, in: try Storage(bytes: type.bytes))
    }

    public init(_ values: [Float], shape: [Int]) throws(KingletError) {
        try self.init(.f32, shape, values)
    }

    public init(_ values: [Int64], shape: [Int]) throws(KingletError) {
        try self.init(.i64, shape, values)
    }

    public init<T: BitwiseCopyable>(_ dtype: DType, _ shape: [Int], _ values: [T]) throws(KingletError) {
        let type = TensorType(dtype, shape)
        assert(MemoryLayout<T>.stride == dtype.bytes)
        try require(values.count == type.count, .shape, "\(values.count) values do not fill \(type.description)")
        try self.init(zeros: type)
        for (i, v) in values.enumerated() { base.storeBytes(of: v, toByteOffset: i * dtype.bytes, as: T.self) }
    }

    public var base: UnsafeMutableRawPointer { storage.base + offset }
    public var shape: [Int] { type.shape }
    public var count: Int { type.count }

    /// The same bytes seen under another shape of the same count.
    public func reshaped(_ shape: [Int]) -> Tensor {
        assert(TensorType(type.dtype, shape).count == count)
        return Tensor(TensorType(type.dtype, shape), in: storage, at: offset)
    }

    /// Element `i` as an integer (truncated towards zero).
    public func int(_ i: Int) -> Int {
        switch type.dtype {
        case .f32: Int(exactly: element(i, Float.self).rounded(.towardZero)) ?? 0
        case .f64: Int(exactly: element(i, Double.self).rounded(.towardZero)) ?? 0
        case .u8, .bool: Int(element(i, UInt8.self))
        case .i8: Int(element(i, Int8.self))
        case .i32: Int(element(i, Int32.self))
        case .i64: Int(clamping: element(i, Int64.self))
        }
    }

    /// Element `i` as a float.
    public func float(_ i: Int) -> Float {
        switch type.dtype {
        case .f32: element(i, Float.self)
        case .f64: Float(element(i, Double.self))
        case .i64: Float(element(i, Int64.self))
        case .u8, .i8, .i32, .bool: Float(int(i))
        }
    }

    public var ints: [Int] { (0..<count).map { int($0) } }
    public var floats: [Float] { (0..<count).map { float($0) } }

    @inline(__always)
    private func element<T: BitwiseCopyable>(_ i: Int, _: T.Type) -> T {
        base.loadUnaligned(fromByteOffset: i * MemoryLayout<T>.stride, as: T.self)
    }
}
