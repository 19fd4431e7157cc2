import CKernels
import CSystem

/// How fast one kernel ran.
public struct KernelRate: Sendable {
    public let isa: ISA
    /// `peak f32`, `tile f32`, `depthwise f32`, and the same for i8.
    public let kernel: String
    /// M×K×N of a tile; width×channels and stride of a depthwise row; empty for a peak.
    public let shape: String
    /// 10⁹ operations per second, a multiply-add being two.
    public let gops: Double
    /// Share of what the set's own multiply-add reaches in registers; nil where the set has no such measure.
    public let peakShare: Double?
}

/// Every kernel of every available instruction set on shapes of real networks, against the peak measured beside it.
///
/// One short repetition of each after another, `rounds` times over, in this thread's CPU time; the best counts. So
/// neighbours on a shared machine disturb all alike.
public func benchmarkKernels(rounds: Int = 20) throws(KingletError) -> [KernelRate] {
    var jobs: [KernelJob] = []
    for kernels in Kernels.available { jobs += try KernelJob.all(kernels) }
    var best = [Double](repeating: 0, count: jobs.count)
    for _ in 0..<rounds {
        for (i, job) in jobs.enumerated() { best[i] = max(best[i], job.rate(nanoseconds: 2_000_000)) }
    }
    return jobs.indices.map { i in
        let job = jobs[i]
        let peak = jobs.indices.first { jobs[$0].isa == job.isa && jobs[$0].kernel == "peak " + job.type }
        return KernelRate(
            isa: job.isa, kernel: job.kernel, shape: job.shape, gops: best[i],
            peakShare: peak.flatMap { $0 == i ? nil : best[i] / best[$0] })
    }
}

/// One kernel on one shape; `run` returns the operations it did.
private struct KernelJob {
    let isa: ISA
    let kernel: String
    let shape: String
    let run: () -> Double

    var type: String { kernel.hasSuffix("i8") ? "i8" : "f32" }

    /// 10⁹ operations per second over at least `nanoseconds`.
    func rate(nanoseconds: UInt64) -> Double {
        _ = run()
        let start = ks_thread_cpu()
        var operations = 0.0
        var end = start
        while end < start + nanoseconds {
            operations += run()
            end = ks_thread_cpu()
        }
        return operations / Double(end - start)
    }

    static func all(_ kernels: Kernels) throws(KingletError) -> [KernelJob] {
        var jobs: [KernelJob] = []
        let table = kernels.table
        for (name, peak) in [("peak f32", table.peak_f32), ("peak i8", table.peak_i8)] {
            guard let peak else { continue }
            jobs.append(KernelJob(isa: kernels.isa, kernel: name, shape: "") { peak(20_000) })
        }
        for (m, k, n) in [(3136, 64, 64), (196, 384, 64), (49, 960, 160), (256, 256, 256)] {
            let shape = "\(m)x\(k)x\(n)"
            let (f32, i8) = (try ProductBuffers(kernels, m, k, n), try ProductBuffers(kernels, m, k, n))
            jobs.append(KernelJob(isa: kernels.isa, kernel: "tile f32", shape: shape) { f32.f32() })
            jobs.append(KernelJob(isa: kernels.isa, kernel: "tile i8", shape: shape) { i8.i8() })
        }
        for (width, channels, stride) in [(112, 32, 1), (112, 96, 2), (56, 144, 1), (28, 192, 1), (14, 384, 1), (7, 960, 1)] {
            let shape = "\(width)x\(channels) stride \(stride)"
            let buffers = try DepthwiseBuffers(kernels, width: width, channels: channels, stride: stride)
            jobs.append(KernelJob(isa: kernels.isa, kernel: "depthwise f32", shape: shape) { buffers.f32() })
            jobs.append(KernelJob(isa: kernels.isa, kernel: "depthwise i8", shape: shape) { buffers.i8() })
        }
        return jobs
    }
}
