import Engine
import ONNX
import Training
import Vision

/// A model under attack whose answers come from elsewhere than its gradients: an int8 model's from integer operators, the
/// way back from their floats, straight through the rounding; or from another backend.
final class AnsweringModel: AttackedModel {
    private let floats: SessionModel
    let placement: Placement
    private let session: Session
    private let map: PixelMap

    /// `options` tells who answers.
    init(
        _ trainee: Trainee, _ floats: SessionModel, _ threads: ThreadPool, _ options: NetworkOptions = NetworkOptions()
    ) throws(KingletError) {
        self.floats = floats
        placement = try Placement(try trainee.model.graph(batch: trainee.batch), options)
        let graph = placement.graph
        session = try Session(try Plan(graph, target: Target(workers: threads.count)), threads: threads)
        let value = graph.values[graph.inputs[0]]
        map = try PixelMap(trainee.preprocess, try Layout(value.type, value.order))
    }

    /// Of the network that answers, if it is Kinglet's own.
    static func bytes(_ trainee: Trainee) throws(KingletError) -> Int {
        let placement = try Placement(try trainee.model.graph(batch: trainee.batch), NetworkOptions())
        let plan = try Plan(placement.graph, target: trainee.plan.target)
        return plan.arenaBytes + plan.packedBytes
    }

    var batch: Int { floats.batch }
    var pixels: Int { floats.pixels }
    var classes: Int { floats.classes }
    func forward(_ x: UnsafePointer<Float>) -> UnsafePointer<Float> { floats.forward(x) }
    func gradient(_ dlogits: UnsafePointer<Float>) -> UnsafePointer<Float> { floats.gradient(dlogits) }

    func logits(_ x: UnsafePointer<Float>) -> UnsafePointer<Float> {
        map.write(x, count: batch, to: session.inputs[0])
        session.run()
        return UnsafePointer(session.outputs[0].f32)
    }
}
