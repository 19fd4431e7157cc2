import CModel
import CSystem
import Engine
import ONNX

/// Which model to run, and on what terms.
public struct NetworkOptions: Sendable {
    /// An ONNX file; nil for the built-in model.
    public var model: String?
    public var threads = NetworkOptions.defaultThreads
    /// Bytes that the process may need at most.
    public var memory: Int?
    /// Size of the first axis where the model leaves it open; nil for 1.
    public var batch: Int?
    public var backend = Backend.native
    /// Of Arm NN: CpuAcc, CpuRef or GpuAcc, or several with commas between them; nil for the fastest processor backend.
    public var armnnDevice: String?

    public init(model: String? = nil) { self.model = model }

    public static var defaultThreads: Int { max(1, min(Int(ks_processors()), 4)) }

    /// How messages and JSON name the model.
    public var name: String { model ?? "built-in" }
}

/// Reads a model file, or the built-in model.
public func readModel(_ path: String?) throws(KingletError) -> Model {
    if let path { return try Model(file: path) }
    return try Model(
        storage: Storage(static: kinglet_model_base(), bytes: kinglet_model_bytes), label: "built-in model")
}

/// A model that is ready to run: planned, its weights packed, its memory owned.
public final class Network {
    public let name: String
    public let plan: Plan
    public let session: Session
    public let threads: Int
    /// Who runs what.
    public let placement: Placement

    /// Takes the weights over: `model` cannot be planned or written afterwards.
    public init(
        _ options: NetworkOptions, _ model: consuming Model, shapes: [String: [Int]] = [:]
    ) throws(KingletError) {
        name = options.name
        threads = options.threads
        // Before the plan, whose scratch memory is for so many workers.
        let pool = try ThreadPool(options.threads)
        placement = try Placement(try model.graph(batch: options.batch ?? 1, shapes: shapes), options)
        plan = try Plan(placement.graph, target: Target(workers: options.threads))
        if let limit = options.memory { try Network.check(plan, limit) }
        session = try Session(plan, threads: pool, consuming: true)
    }

    /// Computes the session's outputs.
    public func run() throws(KingletError) {
        session.run()
        try placement.check()
    }

    /// Weights are in memory already; the arena and packed copies of them come on top.
    private static func check(_ plan: Plan, _ limit: Int) throws(KingletError) {
        let needed = Int(ks_peak_bytes()) + plan.packedBytes + plan.arenaBytes
        try require(
            needed <= limit, .resource,
            "needs \(bytesText(needed)) of memory (\(bytesText(plan.arenaBytes)) of it for values), the limit is "
                + "\(bytesText(limit)): give --memory \((needed + (2 << 20)) >> 20)M, a smaller model or a smaller batch"
        )
    }

    public var graph: Graph { plan.graph }
    public var backend: Backend { placement.offloaded == nil ? .native : .armnn }
    public var isa: String { plan.target.kernels.isa.name }
    public var batch: Int { graph.inputs.first.flatMap { graph.values[$0].type.shape.first } ?? 1 }
}

/// Copies a tensor from ONNX's axis order to the stored one (`into`), or back.
package func reorder(
    _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, onnx shape: [Int], bytes: Int, order: AxisOrder, into: Bool
) {
    let stored = order.store(shape)
    let count = shape.reduce(1, *)
    if order.isIdentity || count == 0 {
        to.copyMemory(from: from, byteCount: count * bytes)
        return
    }
    var strides = [Int](repeating: 1, count: shape.count)
    for i in stride(from: shape.count - 2, through: 0, by: -1) { strides[i] = strides[i + 1] * shape[i + 1] }
    let steps = order.store(strides)
    var index = [Int](repeating: 0, count: shape.count)
    var there = 0
    for here in 0..<count {
        let (source, target) = into ? (there, here) : (here, there)
        (to + target * bytes).copyMemory(from: from + source * bytes, byteCount: bytes)
        for axis in stride(from: shape.count - 1, through: 0, by: -1) {
            index[axis] += 1
            there += steps[axis]
            if index[axis] < stored[axis] { break }
            there -= steps[axis] * stored[axis]
            index[axis] = 0
        }
    }
}
