import Engine
import Glibc
import Testing
import Vision

/// Which format and size a camera is asked for first, and what is said when none will do.
@Suite struct CameraChoiceTests {
    private static let sizes = [(640, 480), (160, 120), (320, 240), (1280, 720)].map { SizeRange(Size($0.0, $0.1)) }
    private static let webcam = [(FourCC("MJPG"), sizes), (FourCC("YUYV"), Array(sizes.dropLast()))]
    private static let range = SizeRange(least: Size(48, 32), most: Size(2592, 1944), step: Size(16, 8))

    private func enough(_ side: Int) -> (Size) -> Bool { { min($0.width, $0.height) >= side } }

    @Test func theSmallestSizeThatIsEnoughIsAskedForFirst() throws {
        let cases: [([(FourCC, [SizeRange])], String, Int, String)] = [
            (Self.webcam, "", 96, "YUYV 160x120"),
            (Self.webcam, "", 224, "YUYV 320x240"),
            (Self.webcam, "", 500, "MJPG 1280x720"),
            (Self.webcam, "", 2000, "MJPG 1280x720"),
            (Self.webcam, "?format=mjpeg", 224, "MJPG 320x240"),
            (Self.webcam, "?size=640x480", 224, "YUYV 640x480"),
            (Self.webcam, "?size=1280x720&fps=5", 224, "MJPG 1280x720"),
            (Self.webcam, "?fps=30", 100, "YUYV 640x480"),
            (Self.webcam, "?fps=200", 100, "YUYV 160x120"),
            ([(FourCC("YUYV"), [Self.range])], "", 32, "YUYV 48x32"),
            ([(FourCC("YUYV"), [Self.range])], "", 224, "YUYV 320x240"),
            ([(FourCC("YUYV"), [Self.range])], "", 1900, "YUYV 2592x1944"),
            ([(FourCC("YUYV"), [Self.range])], "?size=112x96", 32, "YUYV 112x96"),
            ([(FourCC("NV12"), [])], "", 224, "NV12 320x240"),
            ([(FourCC("NV12"), [])], "?size=100x60", 224, "NV12 100x60"),
            ([(FourCC("GREY"), Self.sizes), (FourCC("BGR3"), Self.sizes)], "", 224, "BGR3 320x240"),
            ([], "", 224, "YUYV 320x240"),
        ]
        for (offers, query, side, wanted) in cases {
            let device = FakeCamera()
            device.offers = offers
            device.rates = ["160x120": 15, "320x240": 15, "640x480": 30, "1280x720": 10]
            let camera = try CameraTests.camera(device, CameraTests.address + query, enough: enough(side))
            #expect(device.asked == [wanted], "\(query) \(side)")
            #expect("\(camera.mode.format.text) \(camera.mode.size.text)" == wanted)
        }
    }

    @Test func anotherOfferIsTriedWhenTheDriverKeepsItsOwnMind() throws {
        let device = FakeCamera()
        device.offers = Self.webcam
        device.instead = { format, size in format == FourCC("YUYV") ? (FourCC("BA81"), size) : (format, size) }
        let camera = try CameraTests.camera(device, enough: enough(224))
        #expect(device.asked.first == "YUYV 320x240" && camera.mode.format == FourCC("MJPG"))
        // Another size of the same format is as good, unless a size was asked for.
        device.instead = { format, _ in (format, Size(352, 288)) }
        #expect(try CameraTests.camera(device, enough: enough(224)).mode.size == Size(352, 288))
        let error = #expect(throws: KingletError.self) {
            try CameraTests.camera(device, CameraTests.address + "?size=320x240")
        }
        #expect(error?.message == "the camera at /dev/video0 offers YUYV 320x240 but then delivers something else")
    }

    @Test func whatCannotBeHadIsNamedBesideWhatCan() throws {
        let cases: [([(FourCC, [SizeRange])], String, String)] = [
            (
                [(FourCC("BA81"), []), (FourCC("H264"), [])], "",
                "the camera delivers BA81, H264, of which Kinglet reads none"
            ),
            (Self.webcam, "?format=nv12", "the camera does not offer NV12, but YUYV, MJPG"),
            (
                [(FourCC("GREY"), [Self.range])], "?size=50x32",
                "the camera does not offer 50x32, but GREY 48x32 to 2592x1944"
            ),
        ]
        for (offers, query, words) in cases {
            let device = FakeCamera()
            device.offers = offers
            let error = #expect(throws: KingletError.self) {
                try CameraTests.camera(device, CameraTests.address + query)
            }
            #expect(error?.kind == .device && error?.message.hasPrefix(words) == true, "\(error?.message ?? "")")
        }
    }

    @Test func addressesAreReadOrRefused() throws {
        let full = try CameraAddress("v4l2:///dev/v4l/by-id/cam?size=640x480&fps=7.5&format=MJPEG&timeout=2")
        #expect(full.path == "/dev/v4l/by-id/cam" && full.name == "v4l2:///dev/v4l/by-id/cam")
        #expect(full.size == Size(640, 480) && full.rate == 7.5 && full.format == FourCC("MJPG") && full.timeout == 2)
        for text in [
            "v4l2://dev/video0", "v4l2://", "v4l2:///", "v4l2:///dev/video0?size=640", "v4l2:///dev/video0?size=0x5",
            "v4l2:///dev/video0?size=99999x1", "v4l2:///dev/video0?fps=0", "v4l2:///dev/video0?fps=x",
            "v4l2:///dev/video0?format=h264", "v4l2:///dev/video0?timeout=-1", "v4l2:///dev/video0?zoom=2",
            "v4l2:///dev/video0?size", "/dev/video0",
        ] {
            let error = #expect(throws: KingletError.self, "\(text)") { try CameraAddress(text) }
            #expect(error?.kind == .usage, "\(text)")
        }
    }

    @Test func lettersOfFormatsAreReadBothWays() {
        for text in ["YUYV", "MJPG", "RGB3", "Y10"] { #expect(FourCC(text).text == text) }
        #expect(FourCC("YUYV").code == 0x5659_5559)
        #expect(FourCC(code: 0xFF00_0041).text == "A")
    }
}
