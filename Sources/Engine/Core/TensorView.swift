/// A value while a plan runs: aligned memory of a known type that somebody else owns.
public struct TensorView {
    public let type: TensorType
    public let base: UnsafeMutableRawPointer

    public init(_ type: TensorType, _ base: UnsafeMutableRawPointer) {
        self.type = type
        self.base = base
    }

    public var shape: [Int] { type.shape }
    public var count: Int { type.count }
    public var f32: UnsafeMutablePointer<Float> { base.assumingMemoryBound(to: Float.self) }
    public var i8: UnsafeMutablePointer<Int8> { base.assumingMemoryBound(to: Int8.self) }
    public var u8: UnsafeMutablePointer<UInt8> { base.assumingMemoryBound(to: UInt8.self) }
    public var i32: UnsafeMutablePointer<Int32> { base.assumingMemoryBound(to: Int32.self) }
    public var i64: UnsafeMutablePointer<Int64> { base.assumingMemoryBound(to: Int64.self) }
}
