import Engine
import Glibc
import Testing
import Vision

@Suite struct CameraTests {
    static let address = "v4l2:///dev/video0"

    static func camera(
        _ device: FakeCamera, _ address: String = address, enough: (Size) -> Bool = { _ in true }
    ) throws -> Camera { try Camera(device, try CameraAddress(address), enough: enough) }

    /// The first byte of the next frame, or nil.
    static func byte(_ camera: Camera) throws -> UInt8? {
        guard let frame = try camera.next(until: { false }) else { return nil }
        guard case .raw(let raw) = frame.content else { return nil }
        let image = try raw.image()
        return withExtendedLifetime(image) { image.u8[0] }
    }

    /// What a pixel of Y = Cb = Cr = byte looks like first.
    static func red(_ byte: UInt8) -> UInt8 { YUV().rgb(byte, byte, byte).0 }

    @Test func theNewestFrameIsGivenAndTheOthersGoBack() throws {
        let device = FakeCamera()
        let camera = try Self.camera(device)
        device.script = [.nothing, .frames([20]), .frames([30, 40, 50]), .frames([60])]
        #expect(try Self.byte(camera) == Self.red(20))
        #expect(device.free.count == 3)
        #expect(try Self.byte(camera) == Self.red(50))
        #expect(device.free.count == 3 && camera.passedOver == 2)
        #expect(try Self.byte(camera) == Self.red(60))
        #expect(camera.damaged == 0)
    }

    @Test func framesOfACameraThatRanOutOfBuffersAreOld() throws {
        let device = FakeCamera()
        let camera = try Self.camera(device)
        device.script = [.frames([20]), .frames([30, 40, 50, 60, 70]), .frames([80])]
        #expect(try Self.byte(camera) == Self.red(20))
        // Three of five find a free buffer while the first frame is looked at.
        try device.happen()
        #expect(device.free.isEmpty)
        #expect(try Self.byte(camera) == Self.red(80))
        #expect(device.free.count == 3)
    }

    @Test func damagedFramesArePassedOver() throws {
        let device = FakeCamera()
        let camera = try Self.camera(device)
        device.script = [.damaged, .empty, .fault(EIO), .frames([20])]
        #expect(try Self.byte(camera) == Self.red(20))
        #expect(camera.damaged == 3 && device.free.count == 3)
        device.script = [.short]
        let frame = try #require(try camera.next(until: { false }))
        guard case .damaged(let error) = frame.content else {
            Issue.record("a frame without its end was given")
            return
        }
        #expect(frame.number == 2 && error.message == "the camera delivered 15 of 16 bytes of a 4x2 picture")
    }

    @Test func jpegFramesAreGivenAsTheyCome() throws {
        let device = FakeCamera()
        device.offers = [(FourCC("MJPG"), [SizeRange(Size(4, 2))])]
        let camera = try Self.camera(device)
        device.script = [.frames([7])]
        let frame = try #require(try camera.next(until: { false }))
        guard case .jpeg(let bytes) = frame.content else {
            Issue.record("not a JPEG")
            return
        }
        #expect(bytes.count == 16 && bytes[0] == 7)
    }

    @Test func aSilentCameraIsAnErrorAfterItsTime() throws {
        let device = FakeCamera()
        let camera = try Self.camera(device, Self.address + "?timeout=0.05")
        device.script = [.damaged]
        let error = #expect(throws: KingletError.self) { try camera.next(until: { false }) }
        #expect(error?.kind == .device)
        #expect(
            error?.message == "the camera at /dev/video0 has given no frame but 1 damaged ones in 0.05 s: "
                + "plug it in again, or give it longer with ?timeout=30")
    }

    @Test func aCameraStopsWhenItIsToldAndWhenItIsDropped() throws {
        let device = FakeCamera()
        do {
            let camera = try Self.camera(device)
            var calls = 0
            #expect(
                try camera.next(until: {
                    calls += 1
                    return calls > 2
                }) == nil && calls == 3)
            #expect(!device.stopped)
        }
        #expect(device.stopped)
    }

    @Test func faultsSayWhatToDo() throws {
        for (code, words) in [
            (ENODEV, "the camera at /dev/video0 is gone: was it unplugged?"),
            (EPROTO, "cannot read from /dev/video0: Protocol error"),
        ] {
            let device = FakeCamera()
            let camera = try Self.camera(device)
            device.script = [.frames([1]), .fault(code)]
            _ = try camera.next(until: { false })
            let error = #expect(throws: KingletError.self) { try camera.next(until: { false }) }
            #expect(error?.kind == .device && error?.message == words)
        }
        for (code, words) in [
            (EBUSY, "another program is using /dev/video0"), (ENOSPC, "the USB bus has no room"),
            (EPIPE, "belongs to a chain of devices"),
        ] {
            for early in [true, false] {
                let device = FakeCamera()
                if early { device.setFault = code } else { device.startFault = code }
                let error = #expect(throws: KingletError.self) { try Self.camera(device) }
                #expect(error?.kind == .device && error?.message.contains(words) == true, "\(words)")
            }
        }
        for (path, words) in [
            ("/nowhere/video0", "there is no /nowhere/video0"), ("/dev/null", "/dev/null is not a video device"),
            ("/tmp", "cannot open /tmp: Is a directory"),
        ] {
            let error = #expect(throws: KingletError.self) {
                try Camera(try CameraAddress("v4l2://" + path), enough: { _ in true })
            }
            #expect(error?.kind == .device && error?.message.hasPrefix(words) == true)
        }
        #expect(CameraFault(EACCES).error("/dev/video0", doing: "open").message.contains("sudo usermod -aG video"))
    }
}
