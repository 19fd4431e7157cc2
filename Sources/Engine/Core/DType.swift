/// Element type of a tensor; raw values are ONNX's `TensorProto.DataType`.
public enum DType: UInt8, Sendable {
    case f32 = 1
    case u8 = 2
    case i8 = 3
    case i32 = 6
    case i64 = 7
    case bool = 9
    case f64 = 11

    /// Size of one element in bytes.
    public var bytes: Int {
        switch self {
        case .u8, .i8, .bool: 1
        case .f32, .i32: 4
        case .i64, .f64: 8
        }
    }

    public var name: String {
        switch self {
        case .f32: "float32"
        case .u8: "uint8"
        case .i8: "int8"
        case .i32: "int32"
        case .i64: "int64"
        case .bool: "bool"
        case .f64: "float64"
        }
    }
}
