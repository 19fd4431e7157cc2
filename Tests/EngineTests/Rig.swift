import CAllocations
import Engine

/// Unoptimised generics live on the heap: only optimised code is held to allocating nothing.
#if DEBUG
    let allocates = true
#else
    let allocates = false
#endif

/// Memory with fences of known bytes before and after it.
final class Fenced {
    let base: UnsafeMutableRawPointer
    let bytes: Int
    private let whole: UnsafeMutableRawPointer
    private let fill: UInt8
    private static let margin = 128

    /// All of it, fences included, begins as `fill`.
    init(_ bytes: Int, fill: UInt8) {
        self.bytes = bytes
        self.fill = fill
        whole = .allocate(byteCount: bytes + 2 * Fenced.margin, alignment: 64)
        whole.initializeMemory(as: UInt8.self, repeating: fill, count: bytes + 2 * Fenced.margin)
        base = whole + Fenced.margin
    }

    deinit { whole.deallocate() }

    var contents: [UInt8] { Array(UnsafeRawBufferPointer(start: base, count: bytes)) }

    var fencesIntact: Bool {
        let all = UnsafeRawBufferPointer(start: whole, count: bytes + 2 * Fenced.margin)
        return all.prefix(Fenced.margin).allSatisfy { $0 == fill }
            && all.suffix(Fenced.margin).allSatisfy { $0 == fill }
    }
}

/// Runs one operator on fenced memory that begins as `fill`, once, on all workers of `pool`.
final class Rig: ParallelJob {
    private let op: any Op
    private let frame: Frame
    private let x: [Fenced]
    private let y: [Fenced]
    private let room: [Fenced]
    private let given: [[UInt8]]
    private let counts: UnsafeMutablePointer<UInt64>
    private let workers: Int

    init(_ trial: Trial, _ target: Target, fill: UInt8) {
        let types = trial.x.map { $0.type }
        op = trial.op
        workers = target.workers
        x = trial.x.map { tensor in
            let memory = Fenced(tensor.type.bytes, fill: fill)
            memory.base.copyMemory(from: tensor.base, byteCount: tensor.type.bytes)
            return memory
        }
        given = x.map { $0.contents }
        y = trial.y.map { Fenced($0.bytes, fill: fill) }
        room = [op.scratchBytes(types, target), op.packedBytes(types, target)].map { Fenced($0, fill: fill) }
        frame = Frame(
            x: zip(types, x).map { TensorView($0, $1.base) }, y: zip(trial.y, y).map { TensorView($0, $1.base) },
            scratch: room[0].base, packed: room[1].base, target: target)
        counts = .allocate(capacity: target.workers)
        counts.initialize(repeating: 0, count: target.workers)
    }

    deinit { counts.deallocate() }

    func run(_ worker: Worker) {
        let before = ka_allocations()
        op.forward(frame, worker)
        counts[worker.index] = ka_allocations() - before
    }

    /// The bytes of the outputs; what went wrong goes to `problems`.
    func outputs(_ pool: ThreadPool, _ problems: inout [String]) -> [[UInt8]] {
        if room[1].bytes > 0 { op.pack(frame) }
        pool.run(self)
        if !room[0].fencesIntact { problems.append("wrote outside its scratch memory") }
        if !room[1].fencesIntact { problems.append("wrote outside its packed weights") }
        if !y.allSatisfy({ $0.fencesIntact }) { problems.append("wrote outside its outputs") }
        if !x.allSatisfy({ $0.fencesIntact }) || x.map({ $0.contents }) != given {
            problems.append("wrote to its inputs")
        }
        let total = (0..<workers).reduce(0) { $0 + counts[$1] }
        if total > 0 && !allocates { problems.append("allocated \(total) times") }
        return y.map { $0.contents }
    }
}
