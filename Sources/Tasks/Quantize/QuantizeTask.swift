import CSystem
import Engine
import ONNX
import Vision

/// What `kinglet quantize` did.
public struct QuantizeReport: Sendable {
    /// Pictures that calibration used.
    public let images: Int
    /// Pictures that could not be read, and why.
    public let skipped: [String]
    /// Worst first.
    public let layers: [Quantized.Layer]
    /// Sizes of the files.
    public let before: Int
    public let after: Int
}

/// Writes the int8 version of the model in `path` (nil: the built-in one) to `output`, calibrated on at most `limit` pictures of
/// `data`: a folder of JPEGs, or CIFAR binary files.
public func quantizeModel(
    _ path: String?, data: String, settings: ImageSettings, _ options: QuantizeOptions, limit: Int, to output: String
) throws(KingletError) -> QuantizeReport {
    try require(limit > 0, .usage, "--limit \(limit): give 1 or more")
    let model = try readModel(path)
    let before = try model.serialized().bytes
    let pictures = try CalibrationPictures(data, try settings.preprocess(model), model, limit: limit)
    do throws(KingletError) {
        var result = try quantize(model, on: pictures.set, options)
        result.model.metadata["kinglet.quantization"] = description(options, pictures.count)
        let bytes = try result.model.serialized()
        let status = output.withCString { ks_write_file($0, bytes.base, bytes.bytes) }
        if status < 0 {
            throw KingletError(.resource, "cannot write '\(output)': \(String(cString: ks_error(status)))")
        }
        return QuantizeReport(
            images: pictures.count, skipped: pictures.skipped, layers: result.layers, before: before, after: bytes.bytes)
    } catch { throw error.at(path ?? "built-in model") }
}

private func description(_ options: QuantizeOptions, _ images: Int) -> String {
    let calibration =
        switch options.calibration {
        case .minMax: "min-max"
        case .percentile(let share): "percentile \(share)"
        case .mse: "least squared error"
        }
    return "int8 QDQ, \(calibration) over \(images) pictures, weights per \(options.perChannel ? "channel" : "tensor")"
        + (options.keepFirst ? ", first layer float" : "") + (options.keepLast ? ", last layer float" : "")
}

/// Pictures spread evenly over a folder or a CIFAR file; those that cannot be read are left out.
struct CalibrationPictures {
    private(set) var skipped: [String] = []
    private let pictures: [Picture]
    private let preprocess: Preprocess

    var count: Int { pictures.count }

    init(_ data: String, _ preprocess: Preprocess, _ model: Model, limit: Int) throws(KingletError) {
        self.preprocess = preprocess
        let graph = try model.graph()
        guard let first = graph.inputs.first else { throw KingletError(.unsupported, "the model has no input") }
        let input = graph.values[first]
        let layout = try Layout(input.type, input.order)
        try preprocess.check(layout)
        let files = try Folder.isFolder(data) ? Folder.pictures(data) : []
        let records = files.isEmpty ? try Dataset(data) : nil
        let total = records?.count ?? files.count
        try require(total > 0, .usage, "no pictures in '\(data)'")
        let used = min(limit, total)
        var pictures: [Picture] = []
        for i in 0..<used {
            let k = i * total / used
            if let records {
                pictures.append(try records.picture(k, preprocess, for: layout))
                continue
            }
            do throws(KingletError) {
                let file = try Storage(file: files[k])
                pictures.append(
                    try preprocess.decode(UnsafeRawBufferPointer(start: file.base, count: file.bytes), for: layout))
            } catch { skipped.append("\(files[k]): \(error.message)") }
        }
        try require(!pictures.isEmpty, .badFile, "none of the \(used) pictures could be read: \(skipped.first ?? "")")
        self.pictures = pictures
    }

    var set: CalibrationSet {
        CalibrationSet(count: count) { i, input throws(KingletError) in
            let layout = try Layout(input.view.type, input.order)
            try preprocess.write(pictures[i], to: input.view, layout)
        }
    }
}
