import CVideo

/// A camera of Linux's, /dev/video0 and its like.
public final class V4L2Device: CameraDevice {
    private let camera: OpaquePointer

    public init(_ path: String) throws(CameraFault) {
        var camera: OpaquePointer?
        let status = kv_open(path, &camera)
        guard status >= 0, let camera else { throw CameraFault(-status) }
        self.camera = camera
    }

    deinit { kv_close(camera) }

    public var name: String { String(cString: kv_name(camera)) }
    public var driver: String { String(cString: kv_driver(camera)) }

    public func formats() -> [FourCC] {
        var list: [FourCC] = []
        var code: UInt32 = 0
        while list.count < 64, kv_format(camera, UInt32(list.count), &code) >= 0 { list.append(FourCC(code: code)) }
        return list
    }

    public func sizes(_ format: FourCC) -> [SizeRange] {
        var list: [SizeRange] = []
        var s = kv_sizes()
        while list.count < 256, kv_size(camera, format.code, UInt32(list.count), &s) >= 0 {
            list.append(
                SizeRange(
                    least: Size(Int(s.min_width), Int(s.min_height)), most: Size(Int(s.max_width), Int(s.max_height)),
                    step: Size(Int(s.step_width), Int(s.step_height))))
        }
        return list
    }

    public func fastest(_ format: FourCC, _ size: Size) -> Double? {
        var rate = 0.0
        let status = kv_fastest(camera, format.code, Int32(clamping: size.width), Int32(clamping: size.height), &rate)
        return status >= 0 && rate > 0 ? rate : nil
    }

    public func set(_ format: FourCC, _ size: Size) throws(CameraFault) -> CameraMode {
        var mode = kv_mode()
        mode.format = format.code
        mode.width = Int32(clamping: size.width)
        mode.height = Int32(clamping: size.height)
        try check(kv_set(camera, &mode))
        let encoding: YUV.Encoding =
            switch mode.encoding {
            case 709: .bt709
            case 2020: .bt2020
            case 240: .smpte240
            default: .bt601
            }
        return CameraMode(
            FourCC(code: mode.format), Size(Int(mode.width), Int(mode.height)), stride: Int(mode.stride),
            YUV(encoding, fullRange: mode.full_range != 0))
    }

    public func rate(_ wanted: Double?) -> Double? {
        var rate = wanted ?? 0
        return kv_rate(camera, &rate) >= 0 && rate > 0 ? rate : nil
    }

    public func start(_ buffers: Int) throws(CameraFault) -> Int {
        Int(try check(kv_start(camera, Int32(clamping: buffers))))
    }

    public func stop() { kv_stop(camera) }

    public func wait(_ ms: Int) throws(CameraFault) -> Bool { try check(kv_wait(camera, Int32(clamping: ms))) > 0 }

    public func take() throws(CameraFault) -> CameraBuffer? {
        var buffer = kv_buffer()
        guard try check(kv_take(camera, &buffer)) > 0 else { return nil }
        return CameraBuffer(
            Int(buffer.index), damaged: buffer.damaged != 0, sequence: buffer.sequence,
            UnsafeRawBufferPointer(start: buffer.base, count: Int(buffer.bytes)))
    }

    public func give(_ index: Int) throws(CameraFault) { try check(kv_give(camera, Int32(clamping: index))) }

    @discardableResult
    private func check(_ status: Int32) throws(CameraFault) -> Int32 {
        if status < 0 { throw CameraFault(-status) }
        return status
    }
}
