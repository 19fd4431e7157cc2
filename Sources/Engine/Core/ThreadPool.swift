import CSystem

/// Work that every worker of a pool does a share of.
public protocol ParallelJob: AnyObject {
    func run(_ worker: Worker)
}

/// One of the workers that run a job together.
public struct Worker {
    public let index: Int
    public let count: Int
    private let rendezvous: Rendezvous?

    init(index: Int, count: Int, rendezvous: Rendezvous?) {
        self.index = index
        self.count = count
        self.rendezvous = rendezvous
    }

    /// The only worker there is.
    public static var alone: Worker { Worker(index: 0, count: 1, rendezvous: nil) }

    /// This worker's part of 0 ..< total, in whole multiples of `grain`. Outputs are split, sums never.
    @inline(__always)
    public func share(of total: Int, grain: Int = 1) -> Range<Int> {
        if count == 1 { return 0..<total }
        let blocks = (total + grain - 1) / grain
        let first = min(blocks * index / count * grain, total)
        let last = min(blocks * (index + 1) / count * grain, total)
        return first..<last
    }

    /// Waits until every worker has come here.
    @inline(__always)
    public func barrier() { rendezvous?.wait() }
}

/// A word that threads wait on: they spin for some microseconds, then sleep on a futex.
struct Gate {
    /// The word, and 64 bytes further the number of sleepers.
    let word: UnsafeMutablePointer<UInt32>
    private var sleepers: UnsafeMutablePointer<UInt32> { word + 16 }
    static let words = 32

    var value: UInt32 { ks_load(word) }

    func open() {
        _ = ks_add(word, 1)
        if ks_load(sleepers) > 0 { ks_futex_wake(word) }
    }

    func wait(while value: UInt32, spins: Int) {
        for _ in 0..<spins {
            if ks_load(word) != value { return }
            ks_pause()
        }
        _ = ks_add(sleepers, 1)
        while ks_load(word) == value { ks_futex_wait(word, value) }
        _ = ks_add(sleepers, UInt32.max)
    }
}

/// Where `count` threads meet: the last to come lets the others go.
final class Rendezvous: @unchecked Sendable {
    private let count: UInt32
    private let words: UnsafeMutablePointer<UInt32>
    private let gate: Gate
    private let spins: Int
    private var arrived: UnsafeMutablePointer<UInt32> { words + Gate.words }

    init(count: Int, spins: Int) {
        self.count = UInt32(count)
        self.spins = spins
        words = .allocate(capacity: Gate.words + 16)
        words.initialize(repeating: 0, count: Gate.words + 16)
        gate = Gate(word: words)
    }

    deinit { words.deallocate() }

    func wait() {
        let phase = gate.value
        if ks_add(arrived, 1) == count {
            ks_store(arrived, 0)
            gate.open()
        } else {
            gate.wait(while: phase, spins: spins)
        }
    }
}

/// Threads that live as long as the pool.
public final class ThreadPool: @unchecked Sendable {
    public let count: Int
    private let shared: Shared

    /// What the pool and its threads both hold.
    private final class Shared: @unchecked Sendable {
        let count: Int
        let rendezvous: Rendezvous
        let words: UnsafeMutablePointer<UInt32>
        let start: Gate
        let spins: Int
        /// Written only between runs; the start gate orders it.
        unowned(unsafe) var job: (any ParallelJob)?
        var stop = false

        init(count: Int) {
            self.count = count
            // More workers than processors: whoever waits must leave its processor at once.
            spins = count <= Int(ks_processors()) ? 4000 : 0
            rendezvous = Rendezvous(count: count, spins: spins)
            words = .allocate(capacity: Gate.words)
            words.initialize(repeating: 0, count: Gate.words)
            start = Gate(word: words)
        }

        deinit { words.deallocate() }

        func live(_ index: Int) {
            let worker = Worker(index: index, count: count, rendezvous: rendezvous)
            var seen: UInt32 = 0
            while true {
                start.wait(while: seen, spins: spins)
                seen &+= 1
                if stop { return }
                job?.run(worker)
                rendezvous.wait()
            }
        }
    }

    private final class Birth {
        let index: Int
        let shared: Shared
        init(_ index: Int, _ shared: Shared) {
            self.index = index
            self.shared = shared
        }
    }

    /// `count` workers: the caller of `run` and `count - 1` threads.
    public init(_ count: Int) throws(KingletError) {
        try require(count >= 1 && count <= 256, .usage, "cannot run \(count) threads: give 1 to 256")
        self.count = count
        shared = Shared(count: count)
        for index in stride(from: 1, to: count, by: 1) {
            let birth = Unmanaged.passRetained(Birth(index, shared))
            let status = ks_thread_start(
                { raw in
                    guard let raw else { return }
                    let birth = Unmanaged<Birth>.fromOpaque(raw).takeRetainedValue()
                    birth.shared.live(birth.index)
                }, birth.toOpaque())
            if status != 0 {
                birth.release()
                shared.stop = true
                shared.start.open()
                throw KingletError(.resource, "cannot start thread \(index + 1) of \(count)")
            }
        }
    }

    deinit {
        shared.stop = true
        shared.start.open()
    }

    /// Runs `job` on every worker; returns when all have finished. Calls must not overlap.
    public func run(_ job: any ParallelJob) {
        let worker = Worker(index: 0, count: count, rendezvous: count == 1 ? nil : shared.rendezvous)
        if count == 1 { return job.run(worker) }
        shared.job = job
        shared.start.open()
        job.run(worker)
        shared.rendezvous.wait()
        shared.job = nil
    }
}
