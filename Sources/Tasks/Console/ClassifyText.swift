import CSystem
import Engine

/// What `classify` is asked to do.
public struct ClassifyRequest: Sendable {
    /// JPEG files, folders of them, cameras, streams, or `-`.
    public var inputs: [String]
    public var network: NetworkOptions
    public var settings: ImageSettings
    /// Classes to name.
    public var top: Int
    /// Which frames of a camera or stream.
    public var pace: FramePace

    public init(
        _ inputs: [String], _ network: NetworkOptions, _ settings: ImageSettings, top: Int,
        _ pace: FramePace = FramePace()
    ) {
        (self.inputs, self.network, self.settings, self.top, self.pace) = (inputs, network, settings, top, pace)
    }
}

/// Names what pictures show, a line for each; one that cannot be read does not stop the others, but fails at the end.
/// Cameras and streams go on until Ctrl-C; `open` knows those that this executable can read.
public func printClassifications(
    _ request: ClassifyRequest, _ output: Output,
    open: (String, FramePace, Classifier) throws(KingletError) -> FrameStream = FrameStream.openInput
) throws(KingletError) {
    let start = ks_now()
    try request.pace.check()
    var names: [String] = []
    for input in request.inputs {
        let found = FrameStream.isStream(input) ? [input] : try imageFiles(input)
        if found.isEmpty { complain("kinglet: no .jpg files in \(input)") }
        names += found
    }
    let classifier = try Classifier(request.network, request.settings, top: request.top)
    for note in classifier.notes { complain("kinglet: " + note) }
    var lines = ClassifyLines(output, width: min(60, names.map { $0.count }.max() ?? 0), since: start)
    if names.contains(where: { FrameStream.isStream($0) }) { ks_catch_interrupts() }
    for name in names where ks_interrupts() == 0 {
        do throws(KingletError) {
            if FrameStream.isStream(name) {
                try follow(try open(name, request.pace, classifier), classifier, &lines)
            } else {
                lines.show(name, try classifier.classify(name))
            }
        } catch { lines.show(name, error) }
    }
    if output.verbose { complain(lines.summary) }
    if let kind = lines.failure { throw KingletError(kind, "some inputs could not be classified") }
}

/// Classifies the frames of a stream until its end, or until Ctrl-C.
private func follow(
    _ stream: FrameStream, _ classifier: Classifier, _ lines: inout ClassifyLines
) throws(KingletError) {
    if lines.output.verbose, let about = stream.about { complain("kinglet: \(stream.input): \(about)") }
    defer { for note in stream.closing { complain("kinglet: \(stream.input): \(note)") } }
    while let frame = try stream.next(until: { ks_interrupts() > 0 }) {
        do throws(KingletError) { lines.show(stream.name(frame), try classifier.classify(frame)) } catch {
            lines.show(stream.name(frame), error)
        }
    }
}
