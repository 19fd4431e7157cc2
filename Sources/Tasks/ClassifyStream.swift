import CSystem
import Engine
import Vision

/// Which frames of a camera or stream to take.
public struct FramePace: Sendable {
    /// At most this many.
    public var limit: Int?
    /// The first and then every n-th.
    public var every = 1
    /// Seconds that lie between two at least.
    public var interval = 0.0

    public init() {}

    public func check() throws(KingletError) {
        try require(limit.map { $0 >= 1 } ?? true, .usage, "--frames \(limit ?? 0): give 1 or more")
        try require(every >= 1, .usage, "--every \(every): give 1 or more")
        try require(
            interval >= 0 && interval <= 86_400, .usage, "--interval: give seconds, 0 to 86400")
    }
}

/// The frames of one input of `classify`, named after it.
public final class FrameStream {
    public let input: String
    /// What it delivers, for those who want to know more.
    public let about: String?
    private let source: any FrameSource
    private let pace: FramePace
    /// What should be known once the stream has ended.
    private let notes: () -> [String]
    private let isSingle: () -> Bool
    private var given = 0
    private var due: UInt64 = 0

    public init(
        _ input: String, _ source: any FrameSource, _ pace: FramePace, about: String? = nil,
        isSingle: @escaping () -> Bool = { false }, notes: @escaping () -> [String] = { [] }
    ) {
        self.input = input
        self.source = source
        self.pace = pace
        self.about = about
        self.isSingle = isSingle
        self.notes = notes
    }

    /// Whether `input` is no file or folder, but gives frames.
    static func isStream(_ input: String) -> Bool {
        input == "-" || input.hasPrefix("v4l2://") || input.hasPrefix("http://") || input.hasPrefix("https://")
    }

    /// Standard input for `-`; what is built without cameras opens nothing else.
    public static func openInput(
        _ input: String, _ pace: FramePace, for classifier: Classifier
    ) throws(KingletError) -> FrameStream {
        try require(
            input == "-", .unsupported,
            "cameras and streams are not built into this kinglet: give JPEG files, folders or -")
        return try standardInput(pace)
    }

    /// One JPEG, or one after the other, on standard input.
    public static func standardInput(_ pace: FramePace) throws(KingletError) -> FrameStream {
        jpegs("-", try JPEGStream(FileBytes(0)), pace)
    }

    static func jpegs(_ input: String, _ stream: JPEGStream, _ pace: FramePace, padded: Bool = false) -> FrameStream {
        FrameStream(
            input, stream, pace, isSingle: { stream.single },
            notes: {
                stream.skipped == 0 || stream.frames == 0 || padded
                    ? [] : ["\(stream.skipped) bytes between frames are no JPEG: passed over"]
            })
    }

    /// Waits for the next frame that is due; nil at the end of the stream, after the last that is wanted, or once `stop`
    /// has become true.
    public func next(until stop: () -> Bool) throws(KingletError) -> VideoFrame? {
        while pace.limit.map({ given < $0 }) ?? true, let frame = try source.next(until: stop) {
            let now = ks_now()
            guard (frame.number - 1) % pace.every == 0, now >= due else { continue }
            due = now + UInt64(pace.interval * 1e9)
            given += 1
            return frame
        }
        return nil
    }

    /// `-:7` is the seventh frame of standard input, `-` the only one.
    public func name(_ frame: VideoFrame) -> String { isSingle() ? input : input + ":\(frame.number)" }

    public var closing: [String] { notes() }
}
