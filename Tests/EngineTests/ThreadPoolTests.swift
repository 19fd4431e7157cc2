import Engine
import Testing

@Suite struct ThreadPoolTests {
    final class Sum: ParallelJob {
        /// Memory of its own: workers must not change one Swift array together, not even different elements.
        private let parts = UnsafeMutableBufferPointer<Int>.allocate(capacity: 8)
        var total = 0
        init() { parts.initialize(repeating: 0) }
        deinit { parts.deallocate() }

        func run(_ worker: Worker) {
            parts[worker.index] = worker.share(of: 1000).reduce(0, +)
            worker.barrier()
            if worker.index == 0 { total = parts.reduce(0, +) }
        }
    }

    @Test func everyWorkerDoesItsShareOnce() throws {
        for count in [1, 2, 3, 8] {
            let pool = try ThreadPool(count)
            for _ in 0..<50 {
                let job = Sum()
                pool.run(job)
                #expect(job.total == 499_500, "\(count) workers")
            }
        }
    }
}
