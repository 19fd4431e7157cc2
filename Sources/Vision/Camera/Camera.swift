import CSystem
import Engine
import Glibc

/// Frames of a camera, always the newest: what was filled while nobody looked is passed over.
public final class Camera: FrameSource {
    public let address: CameraAddress
    public let mode: CameraMode
    /// Frames a second, where the camera tells.
    public let rate: Double?
    private let device: any CameraDevice
    private let buffers: Int
    /// The one whose frame was given last.
    private var held: Int?
    private var frames = 0
    private var lastSequence: UInt32?
    /// Frames that the camera took and nobody saw.
    public private(set) var passedOver = 0
    /// Frames that the driver called damaged, or that were empty.
    public private(set) var damaged = 0

    /// Begins to capture in a format that is read here, at the smallest size that is `enough`.
    public init(_ device: any CameraDevice, _ address: CameraAddress, enough: (Size) -> Bool) throws(KingletError) {
        self.device = device
        self.address = address
        let offers = try CameraChoice.order(device, address, enough: enough)
        mode = try Self.agree(device, address, offers)
        rate = device.rate(address.rate)
        do { buffers = try device.start(4) } catch { throw error.error(address.path, doing: "start") }
    }

    /// Opens the device that `address` names.
    public convenience init(_ address: CameraAddress, enough: (Size) -> Bool) throws(KingletError) {
        let device: V4L2Device
        do { device = try V4L2Device(address.path) } catch { throw error.error(address.path, doing: "open") }
        try self.init(device, address, enough: enough)
    }

    deinit { device.stop() }

    /// What it is and what it delivers.
    public var text: String {
        var text = "\(device.name) (\(device.driver)), \(mode.format.text) \(mode.size.text)"
        if let rate { text += ", \((rate * 10).rounded() / 10) frames a second" }
        if let pixels = mode.format.pixels, pixels != .rgb, pixels != .bgr {
            text += ", \(mode.colors.encoding.rawValue) \(mode.colors.fullRange ? "full" : "limited") range"
        }
        return text
    }

    public func next(until stop: () -> Bool) throws(KingletError) -> VideoFrame? {
        do throws(CameraFault) {
            return try fetch(stop).map { frame($0) }
        } catch {
            if error.code == ETIMEDOUT { throw KingletError(.device, silence) }
            throw error.error(address.path, doing: "read from")
        }
    }

    private func fetch(_ stop: () -> Bool) throws(CameraFault) -> CameraBuffer? {
        // When every buffer was full, the camera has had nowhere to put newer frames: then all of them are old, and the
        // next one is worth waiting for.
        var full = held == nil ? buffers : buffers - 1
        if let index = held { try device.give(index) }
        held = nil
        let end = ks_now() + UInt64(address.timeout * 1e9)
        while !stop() {
            let (buffer, taken) = try newest()
            if let buffer {
                if taken < full || full == 0 { return buffer }
                try device.give(buffer.index)
            }
            full = .max
            let now = ks_now()
            guard now < end else { throw CameraFault(ETIMEDOUT) }
            _ = try device.wait(min(Int((end - now) / 1_000_000) + 1, 100))
        }
        return nil
    }

    /// The newest sound frame that is there, and how many buffers were filled.
    private func newest() throws(CameraFault) -> (CameraBuffer?, taken: Int) {
        var (best, taken) = (CameraBuffer?.none, 0)
        while taken < buffers, let buffer = try takeOne() {
            taken += 1
            let sound = !buffer.damaged && !buffer.bytes.isEmpty
            if !sound { damaged += 1 }
            if let old = sound ? best : buffer { try device.give(old.index) }
            if sound { best = buffer }
        }
        return (best, taken)
    }

    /// A fault of one transfer is not the end of the camera.
    private func takeOne() throws(CameraFault) -> CameraBuffer? {
        do { return try device.take() } catch {
            if error.code != EIO { throw error }
            damaged += 1
            return nil
        }
    }

    private func frame(_ buffer: CameraBuffer) -> VideoFrame {
        held = buffer.index
        frames += 1
        if let last = lastSequence { passedOver += max(Int(buffer.sequence &- last) - 1, 0) }
        lastSequence = buffer.sequence
        guard let pixels = mode.format.pixels else { return VideoFrame(frames, .jpeg(buffer.bytes)) }
        do {
            return VideoFrame(
                frames, .raw(try RawPicture(pixels, mode.size, stride: mode.stride, mode.colors, buffer.bytes)))
        } catch { return VideoFrame(frames, .damaged(error)) }
    }

    private var silence: String {
        let bad = damaged > 0 ? " but \(damaged) damaged ones" : ""
        return "the camera at \(address.path) has given no frame\(bad) in \(Text.decimal(Float(address.timeout))) s: "
            + "plug it in again, or give it longer with ?timeout=30"
    }

    private static func agree(
        _ device: any CameraDevice, _ address: CameraAddress, _ offers: [CameraChoice.Offer]
    ) throws(KingletError) -> CameraMode {
        var fault: CameraFault?
        for offer in offers.prefix(16) {
            do throws(CameraFault) {
                let mode = try device.set(offer.format, offer.size)
                if mode.format == offer.format, address.size == nil || mode.size == address.size { return mode }
            } catch {
                if error.code != EINVAL { throw error.error(address.path, doing: "set up") }
                fault = error
            }
        }
        if let fault { throw fault.error(address.path, doing: "set up") }
        let asked = offers.first.map { $0.format.text + " " + $0.size.text } ?? ""
        throw KingletError(.device, "the camera at \(address.path) offers \(asked) but then delivers something else")
    }
}
