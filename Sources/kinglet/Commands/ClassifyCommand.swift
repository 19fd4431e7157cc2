import ArgumentParser
import Engine
import Tasks

struct ClassifyCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Name what JPEG photographs show.",
        discussion: """
            Prints one line per picture: its path, then label and probability of the
            likeliest classes. A picture that cannot be read is reported and does not
            stop the rest; the exit code is then 65. Folders stand for the JPEG files
            in them, - for a JPEG or a stream of them (MJPEG) on standard input,
            v4l2:///dev/video0 for a camera, http://HOST:PORT/PATH for the MJPEG stream
            of a network camera. A camera goes on until --frames or Ctrl-C.

            Examples:
              kinglet classify photo.jpg
              kinglet classify -m model.onnx -k 5 photos/ more.jpg
              kinglet classify v4l2:///dev/video0 --frames 20
              kinglet classify 'v4l2:///dev/video0?size=640x480&fps=10&format=mjpeg'
              rpicam-vid -t 0 --codec mjpeg -o - | kinglet classify - --interval 1
              kinglet classify -m resnet.onnx --labels names.txt --crop 0.875 \\
                --mean 123.675,116.28,103.53 --std 58.395,57.12,57.375 photo.jpg
            """)

    @Argument(
        help: ArgumentHelp("JPEG files, folders, cameras, streams, or - for standard input.", valueName: "input"),
        completion: .file())
    var inputs: [String]

    @Option(
        name: [.customShort("m"), .long],
        help: ArgumentHelp("An .onnx file (default: the built-in model).", valueName: "file"),
        completion: .file(extensions: ["onnx"]))
    var model: String?

    @Option(name: [.customShort("k"), .long], help: ArgumentHelp("How many classes to name.", valueName: "n"))
    var top = 1

    @Option(help: ArgumentHelp("Frames to take of each camera or stream (default: all).", valueName: "n"))
    var frames: Int?

    @Option(help: ArgumentHelp("Take every n-th frame only.", valueName: "n"))
    var every = 1

    @Option(help: ArgumentHelp("Let so many seconds pass from frame to frame.", valueName: "seconds"))
    var interval = 0.0

    @OptionGroup var images: ImageFlags
    @OptionGroup var flags: RunFlags

    func execute() throws(KingletError) {
        var pace = FramePace()
        (pace.limit, pace.every, pace.interval) = (frames, every, interval)
        try printClassifications(
            ClassifyRequest(inputs, try flags.options(model), try images.settings(), top: top, pace), flags.output,
            open: FrameStream.open)
    }
}
