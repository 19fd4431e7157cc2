import CSystem
import Engine
import ONNX
import Tasks
import Training

/// Gradients of the mean cross-entropy of a batch, and the weights after some steps of SGD, as files that
/// conformance/gradients.py compares with PyTorch's.
@main struct Gradients {
    static let usage = """
        kinglet-gradients MODEL X.npy LABELS.npy FOLDER [STEPS RATE MOMENTUM [THREADS [batch|int8]]]
          FOLDER  gets logits.npy, input.npy (gradient), gradient-I.npy and, after STEPS steps, weight-I.npy; the names of
                  the weights are printed, in order
          batch   normalise with the statistics of the batch, not of the model
          int8    train a quantized model in its quantized form

        """

    static func main() throws {
        let words = Array(CommandLine.arguments.dropFirst())
        guard words.count >= 4 else { return print(usage) }
        func number(_ i: Int, _ fallback: Double) -> Double {
            words.count > i ? Double(words[i]) ?? fallback : fallback
        }
        do {
            let run = try Gradients(
                words[0], words[1], words[2], threads: Int(number(7, 1)), mode: words.count > 8 ? words[8] : "")
            try run.write(words[3], steps: Int(number(4, 0)), rate: Float(number(5, 0.01)), momentum: number(6, 0.9))
        } catch {
            print(error.description)
        }
    }

    private let session: TrainingSession
    private let graph: Graph
    private let labels: [Int32]
    private let x: Tensor

    private init(
        _ model: String, _ x: String, _ labels: String, threads: Int, mode: String
    ) throws(KingletError) {
        let (x, labels) = (try Npy.read(x), try Npy.read(labels))
        let model = try readModel(model)
        let source = try model.graph(shapes: [model.inputs[0].name: x.shape])
        let passes = mode == "batch" ? scratchPasses : mode == "int8" ? quantizedTrainingPasses : trainingPasses
        var graph = try source.optimized(passes)
        let trained = Gradients.trained(graph)
        if mode == "batch" { _ = try graph.useBatchStatistics() }
        let options = TrainingPlan.Options(trained: trained, slots: 1, programs: [.weights, .both])
        let plan = try TrainingPlan(graph, options, target: Target(workers: threads))
        session = try TrainingSession(plan, threads: try ThreadPool(threads))
        self.graph = graph
        self.labels = labels.ints.map { Int32($0) }
        self.x = x
    }

    /// What the file has as weights of products, biases, scales and shifts.
    private static func trained(_ graph: Graph) -> [Int] {
        var list: [Int] = []
        for node in graph.nodes {
            let last = node.op is FoldBatchNorm ? 3 : node.op is BatchNormalization ? 2 : node.inputs.count - 1
            for v in node.inputs.prefix(last + 1) where !list.contains(v) {
                let value = graph.values[v]
                if value.constant != nil && value.type.dtype == .f32 && value.origin != nil { list.append(v) }
            }
        }
        return list
    }

    private func write(_ folder: String, steps: Int, rate: Float, momentum: Double) throws(KingletError) {
        let optimizer = SGD(momentum: momentum, weightDecay: 0)
        session.clearGradients()
        try pass(.both)
        try save(session.logits, graph.outputs[0], "\(folder)/logits.npy")
        if let gradient = session.inputGradient {
            let type = TensorType(.f32, graph.values[graph.inputs[0]].type.shape)
            try save(TensorView(type, UnsafeMutableRawPointer(gradient)), graph.inputs[0], "\(folder)/input.npy")
        }
        session.finish()
        for (i, p) in session.parameters.enumerated() {
            print(graph.values[p.value].origin ?? "")
            if let gradient = p.gradient { try save(gradient, p.value, "\(folder)/gradient-\(i).npy") }
        }
        for time in 1...max(steps, 1) where steps > 0 {
            session.clearGradients()
            try pass(.weights)
            session.finish()
            for p in session.parameters {
                guard let gradient = p.gradient else { continue }
                let slice = ParameterSlice(
                    weights: p.weights.f32, gradients: gradient.f32, state: p.slots[0], stride: gradient.count,
                    count: gradient.count, decays: false)
                optimizer.step(slice, rate: rate, time: time)
            }
            session.weightsChanged()
        }
        for (i, p) in session.parameters.enumerated() { try save(p.weights, p.value, "\(folder)/weight-\(i).npy") }
    }

    private func pass(_ program: Program) throws(KingletError) {
        let input = graph.values[graph.inputs[0]]
        reorder(x.base, session.input.base, onnx: x.shape, bytes: 4, order: input.order, into: true)
        session.forward(program)
        let (rows, classes) = (session.logits.shape[0], session.logits.shape[1])
        _ = CrossEntropy().batch(
            session.logits.f32, labels: labels, rows: rows, classes: classes, weight: 1 / Float(rows),
            to: session.dlogits)
        session.backward(program)
    }

    private func save(_ view: TensorView, _ v: Int, _ path: String) throws(KingletError) {
        let order = graph.values[v].order
        let type = TensorType(.f32, order.restore(view.shape))
        let tensor = try Tensor(zeros: type)
        reorder(view.base, tensor.base, onnx: type.shape, bytes: 4, order: order, into: false)
        try Npy.write(type, tensor.base, to: path)
    }
}
