import CSystem
import Engine
import Tasks
import Testing
import Vision

/// `classify` on frames of a camera or stream.
@Suite struct StreamTaskTests {
    /// Raw pictures of one colour each, a new one every `ms`.
    final class Colours: FrameSource {
        private let pixels: [[UInt8]]
        private let ms: UInt32
        private var given = 0

        init(_ colours: [(UInt8, UInt8, UInt8)], ms: UInt32 = 0) {
            pixels = colours.map { c in (0..<48 * 32).flatMap { _ in [c.0, c.1, c.2] } }
            self.ms = ms
        }

        private var memory: UnsafeMutableRawBufferPointer?
        deinit { memory?.deallocate() }

        func next(until stop: () -> Bool) throws(KingletError) -> VideoFrame? {
            if given == pixels.count || stop() { return nil }
            ks_sleep_ms(ms)
            memory?.deallocate()
            let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 48 * 32 * 3, alignment: 16)
            bytes.copyBytes(from: pixels[given])
            memory = bytes
            given += 1
            if given == 3 { return VideoFrame(given, .damaged(KingletError(.badFile, "torn"))) }
            return VideoFrame(
                given, .raw(try RawPicture(.rgb, Size(48, 32), stride: 0, YUV(), UnsafeRawBufferPointer(bytes))))
        }
    }

    static let colours: [(UInt8, UInt8, UInt8)] = [(200, 9, 9), (9, 200, 9), (9, 9, 9), (9, 9, 200), (200, 9, 9)]

    /// Names of the frames and the best class of each, or the error's words.
    static func answers(_ pace: FramePace, ms: UInt32 = 0) throws -> [String] {
        let scratch = CommandTests.Scratch("stream")
        let model = scratch.file("m.onnx")
        try CommandTests.colours().write(to: model)
        let classifier = try Classifier(NetworkOptions(model: model), ImageSettings(), top: 1)
        let stream = FrameStream("v4l2:///dev/video9", Colours(colours, ms: ms), pace)
        var list: [String] = []
        while let frame = try stream.next(until: { false }) {
            do throws(KingletError) {
                let result = try classifier.classify(frame)
                #expect(result.width == 48 && result.height == 32)
                list.append(stream.name(frame) + " " + result.predictions[0].label)
            } catch { list.append(stream.name(frame) + " " + error.message) }
        }
        return list
    }

    @Test func framesAreClassifiedAndDamagedOnesDoNotEndTheStream() throws {
        let name = "v4l2:///dev/video9:"
        #expect(
            try Self.answers(FramePace()) == [name + "1 0", name + "2 1", name + "3 torn", name + "4 2", name + "5 0"])
    }

    @Test func paceLeavesFramesOut() throws {
        let name = "v4l2:///dev/video9:"
        var pace = FramePace()
        pace.limit = 2
        #expect(try Self.answers(pace) == [name + "1 0", name + "2 1"])
        pace.every = 3
        #expect(try Self.answers(pace) == [name + "1 0", name + "4 2"])
        pace = FramePace()
        pace.interval = 3600
        #expect(try Self.answers(pace) == [name + "1 0"])
        pace.interval = 1e-6
        #expect(try Self.answers(pace, ms: 1).count == 5)
        for (limit, every, interval) in [(0, 1, 0.0), (1, 0, 0), (1, 1, -1), (1, 1, .nan)] {
            (pace.limit, pace.every, pace.interval) = (limit, every, interval)
            #expect(throws: KingletError.self) { try pace.check() }
        }
    }

    @Test func aModelKnowsWhichPicturesAreLargeEnough() throws {
        let scratch = CommandTests.Scratch("enough")
        let model = scratch.file("m.onnx")
        try CommandTests.colours(64).write(to: model)
        for (key, value, size, enough) in [
            ("crop", "1", Size(64, 64), true), ("crop", "1", Size(100, 63), false),
            ("crop", "0.5", Size(126, 200), false),
            ("crop", "0.5", Size(128, 128), true), ("resize", "letterbox", Size(64, 10), true),
            ("resize", "letterbox", Size(63, 10), false), ("resize", "stretch", Size(64, 63), false),
        ] {
            var settings = ImageSettings()
            try settings.set("kinglet." + key, value, as: "--" + key)
            let classifier = try Classifier(NetworkOptions(model: model), settings, top: 1)
            #expect(classifier.isEnough(size) == enough, "\(key) \(value) \(size.text)")
        }
    }
}
