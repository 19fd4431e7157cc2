import Engine

/// Where the pixels of a model's picture input lie: steps in elements between samples, rows, columns, channels.
public struct Layout: Sendable, Equatable {
    public let batch: Int
    public let size: Size
    public let channels: Int
    public let dtype: DType
    let sample: Int
    let row: Int
    let column: Int
    let channel: Int

    /// Bytes [batch, height, width, channels].
    init(pixels batch: Int, _ size: Size, _ channels: Int) {
        (self.batch, self.size, self.channels, dtype) = (batch, size, channels, .u8)
        (sample, row, column, channel) = (size.count * channels, size.width * channels, channels, 1)
    }

    /// `type` as stored; `order` tells which axis of the ONNX file each stored one is. In the file the input is
    /// [N, C, H, W] or [N, H, W, C], told apart by which axis has 1 or 3 channels.
    public init(_ type: TensorType, _ order: AxisOrder) throws(KingletError) {
        let shape = order.rank == type.rank ? order.restore(type.shape) : type.shape
        func isColour(_ c: Int) -> Bool { c == 1 || c == 3 }
        guard shape.count == 4, order.rank == 4, isColour(shape[1]) || isColour(shape[3]), type.count > 0 else {
            throw KingletError(
                .shape, "a picture input is [N, C, H, W] or [N, H, W, C] with 1 or 3 channels, not \(shapeText(shape))")
        }
        try require(
            type.dtype == .f32 || type.dtype == .u8 || type.dtype == .i8, .unsupported,
            "a picture input is float32, uint8 or int8, not \(type.dtype.name)")
        var steps = [Int](repeating: 1, count: 4)
        for i in stride(from: 2, through: 0, by: -1) { steps[i] = steps[i + 1] * type.shape[i + 1] }
        steps = order.restore(steps)
        let (h, w, c) = isColour(shape[1]) ? (2, 3, 1) : (1, 2, 3)
        batch = shape[0]
        size = Size(shape[w], shape[h])
        channels = shape[c]
        dtype = type.dtype
        (sample, row, column, channel) = (steps[0], steps[h], steps[w], steps[c])
    }
}
