import ArgumentParser
import Engine
import Tasks

/// How a model wants its pixels, where its metadata does not say or should not be heeded.
struct ImageFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "x = (pixel - mean) / std with pixels 0 … 255: one number, or one per channel (r,g,b).", valueName: "x"))
    var mean: String?

    @Option(help: ArgumentHelp("See --mean.", valueName: "x"))
    var std: String?

    @Option(help: ArgumentHelp("The model's input: 224, or width x height as 160x120.", valueName: "size"))
    var size: String?

    @Option(
        help: ArgumentHelp(
            "How a picture becomes that size: crop (the middle), stretch or letterbox.", valueName: "way"),
        completion: .list(["crop", "stretch", "letterbox"]))
    var resize: String?

    @Option(help: ArgumentHelp("The part of the shorter side that a crop keeps, such as 0.875.", valueName: "part"))
    var crop: String?

    @Option(
        help: ArgumentHelp(
            "How much of a JPEG is decoded: scaled (no larger than needed) or full (slower, as other programs do).",
            valueName: "how"),
        completion: .list(["scaled", "full"]))
    var decode: String?

    @Flag(help: "The model takes blue, green, red.")
    var bgr = false

    @Option(help: ArgumentHelp("Names of the outputs, one a line.", valueName: "file"), completion: .file())
    var labels: String?

    func settings() throws(KingletError) -> ImageSettings {
        var settings = ImageSettings()
        let texts = [
            ("mean", mean), ("std", std), ("size", size), ("resize", resize), ("crop", crop),
            ("decode", decode), ("color", bgr ? "bgr" : nil),
        ]
        for (name, text) in texts {
            if let text { try settings.set("kinglet." + name, text, as: "--" + name) }
        }
        if let labels { try settings.set("kinglet.labels", try ImageSettings.text(file: labels), as: "--labels") }
        return settings
    }
}
