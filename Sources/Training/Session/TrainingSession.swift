import Engine

/// Owns the memory of one training plan and runs its programs. After `init` nothing is allocated.
///
/// One step: `forward(.weights)`, the loss's gradient into `dlogits`, `backward(.weights)`, as often as there are
/// micro-batches; then `finish()`, an optimizer on `parameters`, `weightsChanged()`, `clearGradients()`.
public final class TrainingSession: ParallelJob {
    /// A trained weight with its gradient (zeros at first; nil if no program trains) and optimizer state.
    public struct Parameter {
        /// In the graph.
        public let value: Int
        public let weights: TensorView
        public let gradient: TensorView?
        public let slots: [UnsafeMutablePointer<Float>]
    }

    public let plan: TrainingPlan
    public let threads: ThreadPool
    public let input: TensorView
    public let logits: TensorView
    /// To be written before `backward`, which may overwrite it.
    public let dlogits: UnsafeMutablePointer<Float>
    /// Of the last backward of a program that attacks.
    public let inputGradient: UnsafeMutablePointer<Float>?
    public let parameters: [Parameter]
    /// Values that the plan was asked to keep for a look.
    public let observed: [TensorView]
    private let arena: Storage
    private let constants: [Int: Storage]
    private let prologue: Track
    private let tracks: [Track?]
    private let accumulators: [TensorView]
    private let once: [Packer]
    /// Of each worker.
    private let changed: [[Packer]]
    private var fresh = false
    private var packed = false
    private var task = Task.refresh

    private enum Task {
        case forward(Int)
        case backward(Int)
        case finish
        case refresh
        case clear
    }

    public init(_ plan: TrainingPlan, threads: ThreadPool) throws(KingletError) {
        precondition(threads.count == plan.target.workers)
        self.plan = plan
        self.threads = threads
        let (graph, arena) = (plan.graph, try Storage(bytes: plan.arenaBytes))
        var frames = FrameMaker(plan, arena)
        prologue = try frames.track(plan.prologue, early: true)
        var tracks: [Track?] = []
        for course in plan.courses {
            if let course { tracks.append(try frames.track(course)) } else { tracks.append(nil) }
        }
        self.tracks = tracks
        func floats(_ offset: Int) -> UnsafeMutablePointer<Float> {
            (arena.base + offset).assumingMemoryBound(to: Float.self)
        }
        input = try frames.view(plan.input, graph.inputs[0])
        logits = try frames.view(plan.logits, graph.outputs[0])
        dlogits = floats(plan.dlogits)
        inputGradient = plan.inputGradient.map { floats($0) }
        parameters = plan.parameters.map { p in
            let type = graph.values[p.value].type
            return Parameter(
                value: p.value, weights: TensorView(type, arena.base + p.weights),
                gradient: p.gradient.map { TensorView(type, arena.base + $0) }, slots: p.slots.map { floats($0) })
        }
        observed = zip(plan.options.observed, plan.observed).map { TensorView(graph.values[$0].type, arena.base + $1) }
        accumulators = plan.accumulators.map { TensorView(TensorType(.f32, [$0.count]), arena.base + $0.offset) }
        self.arena = arena
        constants = frames.constants
        once = frames.once
        changed = TrainingSession.shares(frames.changed, threads.count)
        for p in parameters {
            guard let constant = graph.values[p.value].constant else { continue }
            p.weights.base.copyMemory(from: constant.base, byteCount: constant.type.bytes)
        }
    }

    /// Largest first, each to the worker with the least so far.
    private static func shares(_ packers: [Packer], _ workers: Int) -> [[Packer]] {
        var (shares, load) = ([[Packer]](repeating: [], count: workers), [Int](repeating: 0, count: workers))
        for packer in packers.sorted(by: { $0.bytes > $1.bytes }) {
            var least = 0
            for w in 1..<max(workers, 1) where load[w] < load[least] { least = w }
            shares[least].append(packer)
            load[least] += packer.bytes
        }
        return shares
    }

    /// Computes `logits` of `input`.
    public func forward(_ program: Program) {
        if !fresh { run(.refresh) }
        fresh = true
        run(.forward(program.rawValue))
    }

    /// Adds to the gradients that `program` is for, from `dlogits`.
    public func backward(_ program: Program) { run(.backward(program.rawValue)) }

    /// Brings the gradients of computed weights back to the trained ones.
    public func finish() { run(.finish) }

    /// Tells that `parameters` hold other weights than before.
    public func weightsChanged() { fresh = false }

    /// Zeros, to be added to.
    public func clearGradients() { run(.clear) }

    private func run(_ task: Task) {
        self.task = task
        threads.run(self)
    }

    public func run(_ worker: Worker) {
        switch task {
        case .forward(let p): tracks[p]?.forward(worker)
        case .backward(let p): tracks[p]?.backward(worker)
        case .finish: prologue.backward(worker)
        case .refresh: refresh(worker)
        case .clear: clear(worker)
        }
    }

    /// Computed weights, then whatever is rearranged from weights.
    private func refresh(_ worker: Worker) {
        let all = !packed
        prologue.forward(worker, all: all)
        if all && worker.index == 0 { for packer in once { packer.pack() } }
        for packer in changed[worker.index] { packer.pack() }
        worker.barrier()
        if worker.index == 0 { packed = true }
    }

    private func clear(_ worker: Worker) {
        for p in parameters { if let gradient = p.gradient { zero(gradient, worker) } }
        for accumulator in accumulators { zero(accumulator, worker) }
    }

    private func zero(_ view: TensorView, _ worker: Worker) {
        let share = worker.share(of: view.count, grain: 16)
        (view.f32 + share.lowerBound).update(repeating: 0, count: share.count)
    }
}
