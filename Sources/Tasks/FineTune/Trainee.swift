import Engine
import ONNX
import Training
import Vision

/// A model file being trained or attacked: its graph, its plan, and the way back into a file.
public final class Trainee {
    public struct Options {
        public var part: TrainedPart?
        /// Floats of state for each weight.
        public var slots = 0
        public var programs: [Program] = [.forward, .inputs]
        /// Normalisations use the statistics of each batch.
        public var batchStatistics = false
        /// Their running statistics may be changed from outside.
        public var keepsStatistics = false
        /// Pictures at a time.
        public var batch = 8
        public var threads = NetworkOptions.defaultThreads

        public init() {}
    }

    public let model: Model
    public let name: String
    public let graph: TrainableGraph
    public let weights: [TrainableGraph.Weight]
    /// The model computes with integers: it is attacked through their floats.
    public let isQuantized: Bool
    public let statistics: [BatchStatistic]
    /// How trained weights of such a model are stored.
    private let stored: [QuantizedWeight]
    public let plan: TrainingPlan
    public let preprocess: Preprocess
    public let layout: Layout

    /// Plans without taking memory.
    public init(_ source: Model, name: String, _ settings: ImageSettings, _ options: Options) throws(KingletError) {
        self.name = name
        do {
            let model = try source.separatingCopies()
            self.model = model
            preprocess = try settings.preprocess(model)
            var lowered = try model.graph(batch: options.batch)
            try require(
                lowered.inputs.count == 1, .unsupported,
                "a model with \(lowered.inputs.count) inputs: it should take one picture")
            isQuantized = lowered.nodes.contains { $0.kind == "QuantizeLinear" }
            let trains = options.part != nil
            let passes =
                isQuantized
                ? (trains ? quantizedTrainingPasses : simulationPasses)
                : options.batchStatistics ? scratchPasses : trainingPasses
            Trainee.flatten(&lowered)
            stored = isQuantized ? lowered.quantizedWeights() : []
            graph = try TrainableGraph(lowered, passes: passes, batchStatistics: options.batchStatistics)
            statistics = graph.statistics
            try graph.checkWeights()
            if let part = options.part { weights = try graph.select(part) } else { weights = [] }
            let input = graph.graph.values[graph.graph.inputs[0]]
            layout = try Layout(input.type, input.order)
            try preprocess.check(layout)
            var planned = TrainingPlan.Options()
            planned.trained = weights.map { $0.value }
            if options.keepsStatistics { planned.trained += graph.runningStatistics }
            planned.slots = options.slots
            planned.programs = options.programs
            planned.observed = statistics.flatMap { [$0.mean, $0.variance] }
            plan = try TrainingPlan(graph.graph, planned, target: Target(workers: options.threads))
        } catch { throw error.at("model \(name)") }
    }

    /// Logits [batch, classes] whatever axes of one element the model leaves.
    private static func flatten(_ graph: inout Graph) {
        guard graph.outputs.count == 1 else { return }
        let y = graph.outputs[0]
        let type = graph.values[y].type
        guard type.rank > 2, let batch = type.shape.first, batch > 0, type.dtype == .f32,
            type.shape.dropFirst().filter({ $0 != 1 }).count <= 1
        else { return }
        let flat = TensorType(.f32, [batch, type.count / batch])
        let v = graph.add(.init(name: graph.values[y].name + ".flat", type: flat))
        graph.nodes.append(
            .init(name: "flatten", kind: "Reshape", op: Reshape(to: flat.shape), inputs: [y], outputs: [v]))
        graph.outputs = [v]
    }

    /// The same in an arena of at most `bytes`, or in the smallest that can be, because values are computed again.
    func limited(to bytes: Int) throws(KingletError) -> Trainee { try Trainee(self, arenaLimit: bytes) }

    private init(_ other: Trainee, arenaLimit: Int) throws(KingletError) {
        (model, name, graph, weights) = (other.model, other.name, other.graph, other.weights)
        (isQuantized, statistics, stored) = (other.isQuantized, other.statistics, other.stored)
        (preprocess, layout) = (other.preprocess, other.layout)
        var options = other.plan.options
        options.arenaLimit = arenaLimit
        plan = try TrainingPlan(graph.graph, options, target: other.plan.target)
    }

    public var classes: Int { plan.graph.values[plan.graph.outputs[0]].type.shape[1] }
    public var batch: Int { plan.graph.values[plan.graph.outputs[0]].type.shape[0] }
    public var parameters: Int { weights.reduce(0) { $0 + $1.count } }
    /// Of all weights, trained or not.
    public var allParameters: Int { graph.weights.reduce(0) { $0 + $1.count } }

    public func session(threads: ThreadPool) throws(KingletError) -> SessionModel {
        do {
            return try SessionModel(try TrainingSession(plan, threads: threads), try PixelMap(preprocess, layout))
        } catch { throw error.at("model \(name)") }
    }

    /// The model with the weights that `values` holds, one for each of `weights`, as they are stored.
    public func exported(_ values: [UnsafePointer<Float>], running: [Int: [Float]] = [:]) throws(KingletError) -> Model
    {
        var copy = model
        for (w, from) in zip(weights, values) {
            let value = graph.graph.values[w.value]
            let tensor = try Tensor(zeros: value.type)
            tensor.base.copyMemory(from: from, byteCount: value.type.bytes)
            var kept = tensor
            if let q = stored.first(where: { $0.origin == w.origin }) { kept = try q.quantize(tensor) }
            try copy.replaceWeight(w.origin, with: kept, order: value.order)
        }
        for (v, floats) in running {
            guard let origin = graph.graph.values[v].origin else { continue }
            try copy.replaceWeight(
                origin, with: try Tensor(floats, shape: [floats.count]), order: graph.graph.values[v].order)
        }
        return copy
    }

    /// The weights of `other`, a model of the same make, in the order and storage of `weights`.
    public func weights(of other: Model) throws(KingletError) -> [Tensor] {
        var graph = try other.separatingCopies().graph(batch: batch)
        Trainee.flatten(&graph)
        var list: [Tensor] = []
        for w in weights {
            let wanted = self.graph.graph.values[w.value]
            guard let found = graph.values.first(where: { $0.origin == w.origin && $0.order == wanted.order }),
                let tensor = found.constant, tensor.type == wanted.type
            else { throw KingletError(.badFile, "it has no weight '\(w.origin)' like this model's").at(other.label) }
            list.append(tensor)
        }
        return list
    }
}

extension TrainableGraph {
    /// Weights that are not numbers make every answer meaningless.
    func checkWeights() throws(KingletError) {
        for value in graph.values {
            guard let constant = value.constant, constant.type.dtype == .f32 else { continue }
            let finite = (0..<constant.count).allSatisfy { constant.float($0).isFinite }
            try require(finite, .badFile, "weight '\(value.name)' holds NaN or infinity")
        }
    }
}

/// Vision's pixels for Training's sessions.
final class PixelMap: InputMap {
    private let input: PixelInput

    init(_ preprocess: Preprocess, _ layout: Layout) throws(KingletError) { input = try PixelInput(preprocess, layout) }

    var pixels: Int { input.pixels }

    func write(_ pixels: UnsafePointer<Float>, count: Int, to view: TensorView) {
        input.write(pixels, to: view.base, 0..<count)
    }

    func read(_ gradient: UnsafePointer<Float>, count: Int, to pixels: UnsafeMutablePointer<Float>) {
        input.gradient(gradient, to: pixels, 0..<count)
    }
}
