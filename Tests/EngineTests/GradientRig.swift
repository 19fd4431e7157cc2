import CAllocations
import Engine

/// Runs one operator's `backward` on fenced memory, in which everything it must not rely on is NaN.
final class GradientRig: ParallelJob {
    /// What is asked of `backward`.
    struct Setting {
        var wants: [Bool]
        /// dx holds gradients already; else it begins as NaN.
        var adds = false
        /// dx of the input `gradientInPlace` lies where dy[0] is, if it fits.
        var shares = false
        var target = Target()
    }

    private let op: any DifferentiableOp
    private let frame: BackwardFrame
    private let kept: [(memory: Fenced, bytes: [UInt8])]
    private let room: [Fenced]
    private let others: [Fenced]
    private let counts: UnsafeMutablePointer<UInt64>
    private let workers: Int

    /// `y`: the outputs of the forward run. `before`: what dx holds where it is added to.
    init(_ trial: GradientTrial, y: [[UInt8]], before: [[Float]], _ setting: Setting) {
        op = trial.op
        workers = setting.target.workers
        let (types, wants) = (trial.x.map { $0.type }, setting.wants)
        func memory(_ bytes: UnsafeRawBufferPointer) -> Fenced {
            let memory = Fenced(bytes.count, fill: 0xFF)
            memory.base.copyMemory(from: bytes.baseAddress ?? UnsafeRawPointer(memory.base), byteCount: bytes.count)
            return memory
        }
        let x = trial.x.map { memory(UnsafeRawBufferPointer(start: $0.base, count: $0.type.bytes)) }
        let outputs = y.map { $0.withUnsafeBytes { memory($0) } }
        let dy = zip(trial.y, trial.dy).map { type, dy in
            dy.map { memory(UnsafeRawBufferPointer(start: $0.base, count: $0.type.bytes)) }
                ?? Fenced(type.count * 4, fill: 0xFF)
        }
        let shared = setting.shares && !setting.adds ? op.gradientInPlace : nil
        let dx: [Fenced?] = types.indices.map { i in
            if !wants[i] { return nil }
            if i == shared && types[i].shape == trial.y[0].shape { return dy[0] }
            return setting.adds ? before[i].withUnsafeBytes { memory($0) } : Fenced(types[i].count * 4, fill: 0xFF)
        }
        let all = types.indices.map { trial.floats.contains($0) }
        room = [
            op.backwardScratchBytes(types, wants: wants, setting.target),
            op.backwardPackedBytes(types, wants: all, setting.target),
        ].map { Fenced($0, fill: 0xFF) }
        func view(_ type: TensorType, _ memory: Fenced) -> TensorView {
            TensorView(TensorType(.f32, type.shape), memory.base)
        }
        frame = BackwardFrame(
            x: zip(types, x).map { TensorView($0, $1.base) }, y: zip(trial.y, outputs).map { TensorView($0, $1.base) },
            dy: zip(trial.y, dy).map(view), dx: zip(types, dx).map { type, memory in memory.map { view(type, $0) } },
            adds: types.map { _ in setting.adds }, scratch: room[0].base, packed: room[1].base, target: setting.target)
        if room[1].bytes > 0 { op.packBackward(frame) }
        let keeps = op.keeps(types, wants: wants)
        for (all, list) in [(x, keeps.inputs), (outputs, keeps.outputs)] {
            for (i, one) in all.enumerated() where !list.contains(i) {
                one.base.initializeMemory(as: UInt8.self, repeating: 0xFF, count: one.bytes)
            }
        }
        kept = (x + outputs).map { ($0, $0.contents) }
        others = dy + dx.compactMap { $0 }
        counts = .allocate(capacity: workers)
        counts.initialize(repeating: 0, count: workers)
    }

    deinit { counts.deallocate() }

    func run(_ worker: Worker) {
        let before = ka_allocations()
        op.backward(frame, worker)
        counts[worker.index] = ka_allocations() - before
    }

    /// dx, empty where it is not wanted; what went wrong goes to `problems`.
    func gradients(_ pool: ThreadPool, _ problems: inout [String]) -> [[Float]] {
        pool.run(self)
        if !room[0].fencesIntact { problems.append("wrote outside its scratch memory") }
        if !room[1].fencesIntact { problems.append("wrote outside its packed weights") }
        if !others.allSatisfy({ $0.fencesIntact }) { problems.append("wrote outside its gradients") }
        if !kept.allSatisfy({ $0.memory.fencesIntact && $0.memory.contents == $0.bytes }) {
            problems.append("wrote to values")
        }
        let total = (0..<workers).reduce(0) { $0 + counts[$1] }
        if total > 0 && !allocates { problems.append("allocated \(total) times") }
        return frame.dx.map { view in view.map { v in (0..<v.count).map { v.f32[$0] } } ?? [] }
    }
}

/// Runs an operator forward again and again while its inputs change a little.
final class Slopes {
    private let trial: GradientTrial
    private let x: [Storage]
    private let y: [Storage]
    private let frame: Frame

    init(_ trial: GradientTrial) throws {
        self.trial = trial
        let (types, target) = (trial.x.map { $0.type }, Target())
        x = try types.map { try Storage(bytes: $0.bytes) }
        y = try trial.y.map { try Storage(bytes: $0.bytes) }
        for (memory, tensor) in zip(x, trial.x) {
            memory.base.copyMemory(from: tensor.base, byteCount: tensor.type.bytes)
        }
        let room = [trial.op.scratchBytes(types, target), trial.op.packedBytes(types, target)]
        let memory = try room.map { try Storage(bytes: $0) }
        scratch = memory
        frame = Frame(
            x: zip(types, x).map { TensorView($0, $1.base) }, y: zip(trial.y, y).map { TensorView($0, $1.base) },
            scratch: memory[0].base, packed: memory[1].base, target: target)
    }

    private let scratch: [Storage]

    /// The bytes of the outputs.
    func outputs() -> [[UInt8]] {
        trial.op.pack(frame)
        trial.op.forward(frame, .alone)
        return y.map { Array(UnsafeRawBufferPointer(start: $0.base, count: $0.bytes)) }
    }

    /// Σ dy · y with `step` added to element `j` of input `i`.
    private func loss(_ i: Int, _ j: Int, _ step: Float) -> Double {
        let place = x[i].base
        let old = trial.x[i].float(j)
        func put(_ v: Float) {
            if trial.x[i].type.dtype == .f64 {
                place.storeBytes(of: Double(v), toByteOffset: j * 8, as: Double.self)
            } else {
                place.storeBytes(of: v, toByteOffset: j * 4, as: Float.self)
            }
        }
        put(old + step)
        trial.op.pack(frame)
        trial.op.forward(frame, .alone)
        put(old)
        var total = 0.0
        for (k, dy) in trial.dy.enumerated() {
            guard let dy else { continue }
            let g = dy.base.assumingMemoryBound(to: Float.self)
            if trial.y[k].dtype == .f64 {
                let v = y[k].base.assumingMemoryBound(to: Double.self)
                for p in 0..<dy.count { total += Double(g[p]) * v[p] }
            } else {
                let v = y[k].base.assumingMemoryBound(to: Float.self)
                for p in 0..<dy.count { total += Double(g[p]) * Double(v[p]) }
            }
        }
        return total
    }

    /// The slope of Σ dy · y along element `j` of input `i`, by central differences over two steps (Richardson 1911);
    /// nil beside a kink, where they disagree.
    func slope(_ i: Int, _ j: Int) -> Double? {
        let (h, here) = (0.03125, loss(i, j, 0))
        let (up, down) = (loss(i, j, Float(h)), loss(i, j, -Float(h)))
        let (up2, down2) = (loss(i, j, Float(h / 2)), loss(i, j, -Float(h / 2)))
        let (wide, narrow) = ((up - down) / (2 * h), (up2 - down2) / h)
        let best = (4 * narrow - wide) / 3
        // What the slopes on both sides differ by shrinks with the step unless there is a kink.
        let (bend, bend2) = ((up - 2 * here + down) / h, (up2 - 2 * here + down2) / (h / 2))
        let limit = 2e-3 * max(1, abs(best))
        return abs(wide - narrow) > limit || abs(2 * bend2 - bend) > limit ? nil : best
    }
}
