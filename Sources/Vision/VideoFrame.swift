import Engine

/// One picture of a source that gives many, as it came; valid until the source is asked for the next one.
public struct VideoFrame {
    public enum Content {
        case jpeg(UnsafeRawBufferPointer)
        case raw(RawPicture)
        /// What came instead of a picture; the source goes on.
        case damaged(KingletError)
    }

    /// From 1 on, damaged ones included.
    public let number: Int
    public let content: Content

    public init(_ number: Int, _ content: Content) {
        self.number = number
        self.content = content
    }
}

/// A camera or stream: pictures, one after the other.
public protocol FrameSource: AnyObject {
    /// Waits for the next frame; nil at the end, or soon after `stop` has become true. An error ends the source.
    func next(until stop: () -> Bool) throws(KingletError) -> VideoFrame?
}
