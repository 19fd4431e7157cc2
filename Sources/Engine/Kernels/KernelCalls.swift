import CKernels

/// The leaf kernels as operators call them: the entry of the table, or its Swift twin where the table has none.
/// What each computes stands beside its struct in CKernels.h.
extension Kernels {
    /// A tile covers `mr` rows and `nr` columns; b is packed in panels of `nr` columns.
    public struct TileShape: Sendable {
        public let mr: Int
        public let nr: Int
    }

    public var f32Tile: TileShape {
        table.tile_f32 == nil ? Twin.f32Tile : TileShape(mr: table.f32_mr, nr: table.f32_nr)
    }

    public var i8Tile: TileShape {
        table.tile_i8 == nil ? Twin.i8Tile : TileShape(mr: table.i8_mr, nr: table.i8_nr)
    }

    /// int8 tiles read a as a ^ 0x80 unsigned: packing must subtract 128 · Σ b from the bias.
    public var unsignedA: Bool { table.tile_i8 != nil && table.unsigned_a != 0 }

    @inline(__always)
    public func tile(_ t: UnsafePointer<kn_tile_f32>) {
        if let kernel = table.tile_f32 { kernel(t) } else { Twin.tile(t.pointee, nr: Twin.f32Tile.nr) }
    }

    @inline(__always)
    public func tile(_ t: UnsafePointer<kn_tile_i8>) {
        if let kernel = table.tile_i8 {
            kernel(t)
        } else {
            Twin.tile(t.pointee, nr: Twin.i8Tile.nr, unsignedA: false)
        }
    }

    @inline(__always)
    public func depthwise(_ t: UnsafePointer<kn_depthwise_f32>) {
        if let kernel = table.depthwise_f32 { kernel(t) } else { Twin.depthwise(t.pointee) }
    }

    @inline(__always)
    public func depthwise(_ t: UnsafePointer<kn_depthwise_i8>) {
        if let kernel = table.depthwise_i8 { kernel(t) } else { Twin.depthwise(t.pointee) }
    }

    @inline(__always)
    public func add(_ t: UnsafePointer<kn_add_f32>) {
        if let kernel = table.add_f32 { kernel(t) } else { Twin.add(t.pointee) }
    }

    @inline(__always)
    public func add(_ t: UnsafePointer<kn_add_i8>) {
        if let kernel = table.add_i8 { kernel(t) } else { Twin.add(t.pointee) }
    }

    @inline(__always)
    public func clamp(_ t: UnsafePointer<kn_clamp_f32>) {
        if let kernel = table.clamp_f32 { kernel(t) } else { Twin.clamp(t.pointee) }
    }

    @inline(__always)
    public func quantize(_ t: UnsafePointer<kn_quantize>) {
        if let kernel = table.quantize { kernel(t) } else { Twin.quantize(t.pointee) }
    }

    @inline(__always)
    public func dequantize(_ t: UnsafePointer<kn_dequantize>) {
        if let kernel = table.dequantize { kernel(t) } else { Twin.dequantize(t.pointee) }
    }

    @inline(__always)
    public func sum(_ t: UnsafePointer<kn_rows_f32>) {
        if let kernel = table.sum_f32 { kernel(t) } else { Twin.sum(t.pointee) }
    }

    @inline(__always)
    public func sum(_ t: UnsafePointer<kn_sum_i8>) {
        if let kernel = table.sum_i8 { kernel(t) } else { Twin.sum(t.pointee) }
    }

    @inline(__always)
    public func max(_ t: UnsafePointer<kn_rows_f32>) {
        if let kernel = table.max_f32 { kernel(t) } else { Twin.max(t.pointee) }
    }

    @inline(__always)
    public func max(_ t: UnsafePointer<kn_max_i8>) {
        if let kernel = table.max_i8 { kernel(t) } else { Twin.max(t.pointee) }
    }

    /// `size`: 2 for F(2 × 2, 3 × 3), 4 for F(4 × 4, 3 × 3).
    @inline(__always)
    public func winograd(_ t: UnsafePointer<kn_winograd_in>, size: Int = 2) {
        if size == 4 {
            if let kernel = table.winograd4_in { kernel(t) } else { Twin.winograd4(t.pointee) }
        } else {
            if let kernel = table.winograd_in { kernel(t) } else { Twin.winograd(t.pointee) }
        }
    }

    /// `size`: 2 for F(2 × 2, 3 × 3), 4 for F(4 × 4, 3 × 3).
    @inline(__always)
    public func winograd(_ t: UnsafePointer<kn_winograd_out>, size: Int = 2) {
        if size == 4 {
            if let kernel = table.winograd4_out { kernel(t) } else { Twin.winograd4(t.pointee) }
        } else {
            if let kernel = table.winograd_out { kernel(t) } else { Twin.winograd(t.pointee) }
        }
    }

    /// `size`: 2 for F(2 × 2, 3 × 3), 4 for F(4 × 4, 3 × 3).
    @inline(__always)
    public func winograd(_ t: UnsafePointer<kn_winograd_dy>, size: Int = 2) {
        if size == 4 {
            if let kernel = table.winograd4_dy { kernel(t) } else { Twin.winograd4(t.pointee) }
        } else {
            if let kernel = table.winograd_dy { kernel(t) } else { Twin.winograd(t.pointee) }
        }
    }

    @inline(__always)
    public func outer(_ t: UnsafePointer<kn_outer_f32>) {
        if let kernel = table.outer_f32 { kernel(t) } else { Twin.outer(t.pointee) }
    }

    @inline(__always)
    public func depthwise(_ t: UnsafePointer<kn_depthwise_dw_f32>) {
        if let kernel = table.depthwise_dw_f32 { kernel(t) } else { Twin.depthwise(t.pointee) }
    }

    @inline(__always)
    public func mask(_ t: UnsafePointer<kn_mask_f32>) {
        if let kernel = table.mask_f32 { kernel(t) } else { Twin.mask(t.pointee) }
    }

    @inline(__always)
    public func resample(_ t: UnsafePointer<kn_resample_row>) {
        if let kernel = table.resample_row { kernel(t) } else { Twin.resample(t.pointee) }
    }

    @inline(__always)
    public func resample(_ t: UnsafePointer<kn_resample_column>) {
        if let kernel = table.resample_column { kernel(t) } else { Twin.resample(t.pointee) }
    }
}
