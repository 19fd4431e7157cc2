/// Which ONNX axis each stored axis is: stored axis `i` holds ONNX axis `axes[i]`. NCHW stored as NHWC is [0, 2, 3, 1].
public struct AxisOrder: Sendable, Equatable {
    public let axes: [Int]

    public init(_ axes: [Int]) { self.axes = axes }

    public static func identity(_ rank: Int) -> AxisOrder { AxisOrder(Array(0..<rank)) }

    /// N, C, spatial… stored as N, spatial…, C.
    public static func channelsLast(_ rank: Int) -> AxisOrder {
        rank < 3 ? identity(rank) : AxisOrder([0] + Array(2..<rank) + [1])
    }

    public var rank: Int { axes.count }
    public var isIdentity: Bool { axes == Array(0..<axes.count) }

    /// Where ONNX axis `axis` is stored.
    public func stored(_ axis: Int) -> Int { axes.firstIndex(of: axis) ?? axis }

    /// A list with one entry per ONNX axis, put in stored order.
    public func store<T>(_ list: [T]) -> [T] { axes.map { list[$0] } }

    /// A list with one entry per stored axis, put in ONNX order.
    public func restore<T>(_ list: [T]) -> [T] { (0..<rank).map { list[stored($0)] } }
}
