import Engine
import ONNX
import Vision

/// Writes a model with its labels and the way it wants its pixels in its metadata. Nodes and weights stay as they are.
public func importModel(
    _ path: String, settings: ImageSettings, card: String?, to new: String
) throws(KingletError) -> Model.Metadata {
    var model = try Model(file: path)
    for (key, value) in settings.entries { model.metadata[key] = value }
    if let labels = settings.labels(model, path) {
        model.metadata[Preprocess.Key.labels] = labels.joined(separator: "\n")
    }
    if let card { model.metadata[Preprocess.Key.card] = card }
    try model.write(to: new)
    return model.metadata
}
