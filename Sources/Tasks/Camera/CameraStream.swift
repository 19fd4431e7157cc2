import Engine
import Vision

extension FrameStream {
    /// A camera, network stream or standard input, with frames of at least the size that `classifier` needs.
    public static func open(
        _ input: String, _ pace: FramePace, for classifier: Classifier
    ) throws(KingletError) -> FrameStream {
        if input == "-" { return try standardInput(pace) }
        if input.hasPrefix(CameraAddress.scheme) {
            return camera(try Camera(try CameraAddress(input)) { size in classifier.isEnough(size) }, pace)
        }
        try require(!input.hasPrefix("https://"), .unsupported, HTTPStream.encrypted)
        let address = try HTTPAddress(input)
        let body = try HTTPStream(address)
        return jpegs(address.name, try JPEGStream(body), pace, padded: body.isMultipart)
    }

    static func camera(_ camera: Camera, _ pace: FramePace) -> FrameStream {
        FrameStream(
            camera.address.name, camera, pace, about: camera.text,
            notes: {
                camera.damaged == 0 ? [] : ["\(camera.damaged) frames of the camera came damaged: passed over"]
            })
    }
}
