import CSystem
import Engine
import ONNX
import Vision

/// The state of a training run as an ONNX file: the weights as they stand where the model has them, all other state in
/// further initializers and metadata. Every command can read it as a model.
public struct Checkpoint {
    /// What the run was asked to do; another recipe does not go on from here.
    public var recipe: String
    public var steps: Int
    public var schedule: [Double] = []
    public var guardState: [Double] = []
    /// One line for each evaluation so far.
    public var history: [String] = []
    /// State by name: optimizer slots, averages, the best weights so far, perturbations.
    public var arrays: [(name: String, values: UnsafeBufferPointer<Float>)] = []
    /// Keeps what `arrays` of a checkpoint that was read points to.
    private var model: Model?

    private enum Key {
        static let version = "kinglet.checkpoint"
        static let recipe = "kinglet.checkpoint.recipe"
        static let steps = "kinglet.checkpoint.steps"
        static let schedule = "kinglet.checkpoint.schedule"
        static let guardState = "kinglet.checkpoint.guard"
        static let history = "kinglet.checkpoint.history"
        static let sum = "kinglet.checkpoint.sum"
        static let all = [version, recipe, steps, schedule, guardState, history, sum]
        static let array = "kinglet.state/"
    }

    public init(recipe: String, steps: Int) { (self.recipe, self.steps) = (recipe, steps) }

    /// Adds this state to `model`, which holds the weights as they stand. Arrays are not copied: they have to outlive it.
    func stored(in model: Model) throws(KingletError) -> Model {
        var model = model
        for (name, values) in arrays {
            guard let base = values.baseAddress, !values.isEmpty else { continue }
            let type = TensorType(.f32, [values.count])
            model.set(Key.array + name, Tensor(type, in: Storage(static: base, bytes: type.bytes)))
        }
        model.metadata[Key.version] = "1"
        model.metadata[Key.recipe] = recipe
        model.metadata[Key.steps] = "\(steps)"
        model.metadata[Key.schedule] = Checkpoint.bits(schedule)
        model.metadata[Key.guardState] = Checkpoint.bits(guardState)
        model.metadata[Key.history] = history.joined(separator: "\n")
        model.metadata[Key.sum] = nil
        model.metadata[Key.sum] = Checkpoint.sum(model)
        return model
    }

    /// What `model` holds beside its weights; nil if it is no checkpoint.
    init?(_ model: Model) throws(KingletError) {
        guard let version = model.metadata[Key.version] else { return nil }
        func damaged(_ what: String) -> KingletError {
            KingletError(.badFile, "the checkpoint is damaged: \(what)").at(model.label)
        }
        try require(version == "1", .unsupported, "a checkpoint of version \(version), this Kinglet knows version 1")
        var bare = model
        let sum = bare.metadata[Key.sum]
        bare.metadata[Key.sum] = nil
        guard sum == Checkpoint.sum(bare) else { throw damaged("its checksum does not fit") }
        guard let recipe = model.metadata[Key.recipe], let steps = model.metadata[Key.steps].flatMap({ Int($0) }),
            steps >= 0,
            let schedule = Checkpoint.doubles(model.metadata[Key.schedule]),
            let guardState = Checkpoint.doubles(model.metadata[Key.guardState])
        else { throw damaged("a part of its state is missing") }
        self.init(recipe: recipe, steps: steps)
        (self.schedule, self.guardState) = (schedule, guardState)
        history = (model.metadata[Key.history] ?? "").split(separator: "\n").map(String.init)
        var kept = model
        for i in kept.initializers.indices where kept.initializers[i].name.hasPrefix(Key.array) {
            let tensor = kept.initializers[i].tensor
            // Files hold their weights unaligned.
            let copy = try Tensor(zeros: tensor.type)
            copy.base.copyMemory(from: tensor.base, byteCount: tensor.type.bytes)
            kept.initializers[i].tensor = copy
            arrays.append(
                (
                    String(kept.initializers[i].name.dropFirst(Key.array.count)),
                    UnsafeBufferPointer(start: copy.base.assumingMemoryBound(to: Float.self), count: copy.count)
                ))
        }
        self.model = kept
    }

    func array(_ name: String, count: Int) throws(KingletError) -> UnsafeBufferPointer<Float> {
        guard let found = arrays.first(where: { $0.name == name }), found.values.count == count else {
            throw KingletError(.badFile, "the checkpoint lacks '\(name)'")
        }
        return found.values
    }

    /// FNV-1a over all weights, state and texts.
    private static func sum(_ model: Model) -> String {
        var h: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ bytes: UnsafeRawBufferPointer) { for byte in bytes { h = (h ^ UInt64(byte)) &* 0x100_0000_01B3 } }
        for initializer in model.initializers {
            add(UnsafeRawBufferPointer(start: initializer.tensor.base, count: initializer.tensor.type.bytes))
        }
        for (key, value) in model.metadata.entries {
            var text = key + "=" + value
            text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
        }
        return String(h, radix: 16)
    }

    private static func bits(_ values: [Double]) -> String {
        values.map { String($0.bitPattern, radix: 16) }.joined(separator: " ")
    }

    private static func doubles(_ text: String?) -> [Double]? {
        guard let text else { return nil }
        var list: [Double] = []
        for word in text.split(separator: " ") {
            guard let bits = UInt64(word, radix: 16) else { return nil }
            list.append(Double(bitPattern: bits))
        }
        return list
    }
}

/// The folder in which a run keeps its two newest checkpoints.
public struct CheckpointFolder {
    public let path: String

    public init(_ path: String) { self.path = path }

    private func file(_ steps: Int) -> String {
        let digits = String(steps)
        return path + "/checkpoint-" + String(repeating: "0", count: max(0, 9 - digits.count)) + digits + ".onnx"
    }

    /// Files of checkpoints, newest first; empty where there is no folder.
    public func files() -> [String] {
        guard let entries = try? Folder.entries(path) else { return [] }
        let names = entries.map { $0.name }.filter { $0.hasPrefix("checkpoint-") && $0.hasSuffix(".onnx") }
        return names.sorted(by: >).map { path + "/" + $0 }
    }

    /// Writes a checkpoint, then removes all but the two newest. Whatever happens, the one before it stays whole.
    func write(_ checkpoint: Checkpoint, _ model: Model) throws(KingletError) -> String {
        let status = path.withCString { ks_make_folders($0) }
        try require(status == 0, .resource, "cannot make folder '\(path)': \(String(cString: ks_error(status)))")
        let name = file(checkpoint.steps)
        try checkpoint.stored(in: model).write(to: name)
        for old in files().dropFirst(2) { _ = old.withCString { ks_remove($0) } }
        return name
    }

    /// The newest checkpoint that is whole, and complaints about newer ones that are not.
    func newest() throws(KingletError) -> (checkpoint: Checkpoint, model: Model, complaints: [String])? {
        var complaints: [String] = []
        for file in files() {
            do throws(KingletError) {
                let model = try Model(file: file)
                guard let checkpoint = try Checkpoint(model) else {
                    complaints.append("'\(file)' is a model, but no checkpoint")
                    continue
                }
                return (checkpoint, model, complaints)
            } catch {
                complaints.append(error.description)
            }
        }
        if let first = complaints.first {
            throw KingletError(.badFile, "no checkpoint in '\(path)' can be used: \(first)")
        }
        return nil
    }

    /// Removes all checkpoints, and what a write that was cut off left behind.
    func clear() {
        for entry in (try? Folder.entries(path)) ?? []
        where entry.name.hasPrefix("checkpoint-") && (entry.name.hasSuffix(".onnx") || entry.name.holds(".onnx.tmp")) {
            _ = (path + "/" + entry.name).withCString { ks_remove($0) }
        }
        _ = path.withCString { ks_remove($0) }
    }
}
