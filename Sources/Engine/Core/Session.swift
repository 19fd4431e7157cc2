import CSystem

/// Owns the memory of one plan and runs it. After `init` a run allocates nothing.
public final class Session: ParallelJob {
    public let plan: Plan
    private let threads: ThreadPool
    private let arena: Storage
    private let packed: Storage
    private let constants: [Int: Storage]
    private let frames: [Frame]
    private let ops: [any Op]
    private let repack: [Bool]
    public let inputs: [TensorView]
    public let outputs: [TensorView]

    /// `threads` must have as many workers as the plan's target. `consuming` gives the memory of weights that are packed
    /// back to the system: nothing else may read them then, and the plan makes no other session.
    public init(_ plan: Plan, threads: ThreadPool, consuming: Bool = false) throws(KingletError) {
        precondition(threads.count == plan.target.workers)
        self.plan = plan
        self.threads = threads
        let graph = plan.graph
        let arena = try Storage(bytes: plan.arenaBytes)
        let packed = try Storage(bytes: plan.packedBytes)
        var constants: [Int: Storage] = [:]
        var consumption = Consumption(plan)

        // Constants are read in place, or from an aligned copy where the file has them unaligned.
        func view(_ place: Plan.Place, _ v: Int) throws(KingletError) -> TensorView {
            let type = graph.values[v].type
            switch place {
            case .arena(let offset): return TensorView(type, arena.base + offset)
            case .constant(let v):
                guard let tensor = graph.values[v].constant else { preconditionFailure("value without a place") }
                if Int(bitPattern: tensor.base) % type.dtype.bytes == 0 { return TensorView(type, tensor.base) }
                if consuming, let moved = consumption.align(graph, v) { return TensorView(type, moved) }
                if constants[v] == nil {
                    let copy = try Storage(bytes: type.bytes)
                    copy.base.copyMemory(from: tensor.base, byteCount: type.bytes)
                    constants[v] = copy
                }
                return TensorView(type, constants[v].map { $0.base } ?? tensor.base)
            }
        }
        func views(_ places: [Plan.Place], _ values: [Int]) throws(KingletError) -> [TensorView] {
            var all: [TensorView] = []
            for (place, v) in zip(places, values) { all.append(try view(place, v)) }
            return all
        }
        var frames: [Frame] = []
        for step in plan.steps {
            let node = graph.nodes[step.node]
            let frame = Frame(
                x: try views(step.inputs, node.inputs), y: try views(step.outputs, node.outputs),
                scratch: arena.base + step.scratch, packed: packed.base + step.packed, target: plan.target)
            if step.packedBytes > 0 && !step.repack {
                node.op.pack(frame)
                for v in node.op.packedInputs.filter({ $0 < node.inputs.count }).map({ node.inputs[$0] })
                where consumption.packed(graph, v) {
                    constants[v] = nil
                    if consuming, let weight = graph.values[v].constant { ks_discard(weight.base, weight.type.bytes) }
                }
            }
            frames.append(frame)
        }
        inputs = try views(plan.inputs, graph.inputs)
        outputs = try views(plan.outputs, graph.outputs)
        self.arena = arena
        self.packed = packed
        self.constants = constants
        self.frames = frames
        ops = graph.nodes.map { $0.op }
        repack = plan.steps.map { $0.repack }
    }

    /// Computes `outputs` from what the caller wrote into `inputs`; every run leaves `inputs` undefined.
    public func run() { threads.run(self) }

    public func run(_ worker: Worker) {
        for i in frames.indices {
            if repack[i] {
                if worker.index == 0 { ops[i].pack(frames[i]) }
                worker.barrier()
            }
            ops[i].forward(frames[i], worker)
            worker.barrier()
        }
    }

    /// Runs like `run` on one worker and shows every step's values as soon as it has computed them.
    public func trace(_ show: (_ node: Int, _ frame: Frame) -> Void) {
        for i in frames.indices {
            if repack[i] { ops[i].pack(frames[i]) }
            ops[i].forward(frames[i], .alone)
            show(i, frames[i])
        }
    }

    /// Runs like `run` on one worker and hands the time of every step, in nanoseconds, to `report`.
    public func profile(_ clock: () -> UInt64, _ report: (_ node: Int, _ nanoseconds: UInt64) -> Void) {
        for i in frames.indices {
            let start = clock()
            if repack[i] { ops[i].pack(frames[i]) }
            ops[i].forward(frames[i], .alone)
            report(i, clock() - start)
        }
    }
}
