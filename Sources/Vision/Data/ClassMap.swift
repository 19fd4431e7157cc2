import Engine

/// Which output of a model each class of the data is.
public struct ClassMap: Sendable {
    public enum Kind: Sendable {
        /// The data has every class of the model and no other.
        case same
        /// The data has some of the model's classes.
        case subset
        /// The model must get an output for each class of the data.
        case new
    }

    public let kind: Kind
    /// Names of the outputs: the model's, or those of the data where the set is new.
    public let labels: [String]
    /// The output of each class of the data.
    public let index: [Int]
    /// What the user should know, as sentences.
    public let report: [String]

    /// Names are compared without regard to case, and to whether a space, a hyphen or an underscore stands between words.
    /// `model` is nil where the model names no classes; it has `outputs` of them.
    public init(_ data: [String], named: Bool = true, model: [String]?, outputs: Int) throws(KingletError) {
        try require(data.count >= 2, .badFile, "the data has one class only, \(list(data)): training needs two or more")
        guard let model, model.count == outputs, named else {
            try self.init(unnamed: data, named ? nil : model, outputs)
            return
        }
        let known = model.map { plain($0) }
        let index = data.map { name in
            model.firstIndex(of: name)
                ?? {
                    let first = known.firstIndex(of: plain(name))
                    // Two classes of the model may differ in nothing but case.
                    return first == known.lastIndex(of: plain(name)) ? first : nil
                }()
        }
        let strangers = zip(data, index).filter { $0.1 == nil }.map { $0.0 }
        if !strangers.isEmpty {
            self.init(
                kind: .new, labels: data, index: Array(data.indices),
                report: [
                    strangers.count == data.count
                        ? "the data has \(data.count) classes of its own: the model gets a new head for them"
                        : "the model does not know \(list(strangers)), \(strangers.count) of \(data.count) classes: "
                            + "it gets a new head for all of them"
                ])
            return
        }
        let found = index.compactMap { $0 }
        for (i, output) in found.enumerated() {
            guard let j = found.firstIndex(of: output), j < i else { continue }
            throw KingletError(
                .badFile, "classes '\(data[j])' and '\(data[i])' are one of the model's, '\(model[output])'")
        }
        var report: [String] = []
        for (name, output) in zip(data, found) where name != model[output] {
            report.append("class '\(name)' is taken to be the model's '\(model[output])'")
        }
        if found.count < outputs {
            let absent = model.indices.filter { !found.contains($0) }.map { model[$0] }
            report.append("the data has \(found.count) of the model's \(outputs) classes, none of \(list(absent))")
        }
        self.init(kind: found.count == outputs ? .same : .subset, labels: model, index: found, report: report)
    }

    private init(kind: Kind, labels: [String], index: [Int], report: [String]) {
        (self.kind, self.labels, self.index, self.report) = (kind, labels, index, report)
    }

    /// Classes go by their numbers where one side has no names.
    private init(unnamed data: [String], _ model: [String]?, _ outputs: Int) throws(KingletError) {
        let all = Array(data.indices)
        if data.count == outputs {
            let side = model == nil ? "the model" : "the data"
            self.init(
                kind: .same, labels: model ?? data, index: all,
                report: ["\(side) does not name its classes: they are taken in their order"])
        } else {
            self.init(
                kind: .new, labels: data, index: all,
                report: [
                    "the data has \(data.count) classes, the model \(outputs) outputs: it gets a new head for them"
                ])
        }
    }
}

/// 'a', 'b', 'c' and 7 more
private func list(_ names: [String]) -> String {
    let shown = names.prefix(names.count > 5 ? 4 : 5).map { "'\($0)'" }.joined(separator: ", ")
    return names.count > 5 ? shown + " and \(names.count - 4) more" : shown
}

private func plain(_ name: String) -> [UInt8] {
    name.utf8.map { byte in
        switch byte {
        case 65...90: byte | 0x20
        case UInt8(ascii: " "), UInt8(ascii: "-"): UInt8(ascii: "_")
        default: byte
        }
    }
}
