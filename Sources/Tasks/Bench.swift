import CSystem
import Engine

/// How fast a model is on this machine.
public struct BenchReport: Sendable {
    public let model: String
    public let backend: Backend
    /// What Arm NN ran.
    public let offloaded: Offloaded?
    /// What the user should know about how it ran.
    public let notes: [String]
    public let isa: String
    public let threads: Int
    public let batch: Int
    public let runs: Int
    /// Nanoseconds from reading the file to the end of the first run.
    public let first: UInt64
    /// Nanoseconds of every run, in rising order: steady clock, and processor time of all threads.
    public let wall: [UInt64]
    public let cpu: [UInt64]
    public let arenaBytes: Int
    public let peakBytes: Int
    /// The slowest operators: name, kind, nanoseconds of one run.
    public let steps: [(name: String, kind: String, ns: UInt64)]

    public var json: JSON {
        .object(
            [
                ("model", .string(model)), ("backend", .string(backend.rawValue)), ("isa", .string(isa)),
                ("threads", .int(threads)),
                ("batch", .int(batch)), ("runs", .int(runs)),
                (
                    "ms",
                    .object([
                        ("first", .ms(first)), ("p50", .ms(percentile(wall, 50))), ("p90", .ms(percentile(wall, 90))),
                        ("p99", .ms(percentile(wall, 99))), ("min", .ms(wall.first ?? 0)),
                    ])
                ),
                ("cpuMs", .object([("p50", .ms(percentile(cpu, 50)))])), ("arenaBytes", .int(arenaBytes)),
                ("peakBytes", .int(peakBytes)),
            ] + (offloaded.map { [("offloaded", $0.json)] } ?? []))
    }
}

/// The smallest of the sorted `values` that at least `p` percent do not exceed.
public func percentile(_ values: [UInt64], _ p: Int) -> UInt64 {
    values.isEmpty ? 0 : values[max(0, (values.count * p + 99) / 100 - 1)]
}

public struct BenchOptions: Sendable {
    /// Measured runs; nil for as many as fit into `seconds`.
    public var runs: Int?
    public var seconds = 1.0
    /// Time every operator as well.
    public var steps = false

    public init() {}
}

/// Runs a model on random input, again and again.
public func bench(_ options: NetworkOptions, _ bench: BenchOptions) throws(KingletError) -> BenchReport {
    let start = ks_now()
    let network = try Network(options, try readModel(options.model))
    let session = network.session
    fill(session.inputs)
    try network.run()
    let first = ks_now() - start

    let limit = bench.runs ?? 1_000_000
    // A fifth of the time warms caches and clock rates up.
    let warm = bench.runs.map { min(10, $0) }
    let warmed = ks_now() + UInt64(bench.seconds * 0.2e9)
    var count = 0
    while warm.map({ count < $0 }) ?? (ks_now() < warmed) {
        session.run()
        count += 1
    }
    let end = ks_now() + UInt64(bench.seconds * 1e9)
    var wall: [UInt64] = []
    var cpu: [UInt64] = []
    while wall.count < limit && (bench.runs != nil || wall.isEmpty || ks_now() < end) {
        fill(session.inputs)
        let (clock, busy) = (ks_now(), ks_process_cpu())
        session.run()
        cpu.append(ks_process_cpu() - busy)
        wall.append(ks_now() - clock)
    }
    try network.placement.check()
    return BenchReport(
        model: network.name, backend: network.backend, offloaded: network.placement.offloaded,
        notes: network.placement.warning.map { [$0] } ?? [], isa: network.isa, threads: network.threads,
        batch: network.batch, runs: wall.count,
        first: first, wall: wall.sorted(), cpu: cpu.sorted(), arenaBytes: network.plan.arenaBytes,
        peakBytes: Int(ks_peak_bytes()), steps: bench.steps && network.threads == 1 ? steps(network) : [])
}

/// The median time of every operator, slowest first.
private func steps(_ network: Network) -> [(name: String, kind: String, ns: UInt64)] {
    let nodes = network.graph.nodes
    var times = [[UInt64]](repeating: [], count: nodes.count)
    for _ in 0..<20 { network.session.profile(ks_now) { times[$0].append($1) } }
    return nodes.enumerated().map { i, node in (node.name, node.kind, times[i].sorted()[times[i].count / 2]) }
        .sorted { $0.ns > $1.ns }
}

/// The same random numbers each time: -1 … 1, or all values of an integer type.
func fill(_ views: [TensorView]) {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for view in views {
        for i in 0..<view.count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let bits = UInt32(truncatingIfNeeded: state >> 33)
            switch view.type.dtype {
            case .f32: view.f32[i] = Float(bits) * 0x1p-30 - 1
            case .u8, .i8: view.u8[i] = UInt8(truncatingIfNeeded: bits >> 8)
            case .bool: view.u8[i] = UInt8(bits & 1)
            case .i32: view.i32[i] = 0
            case .i64: view.i64[i] = 0
            case .f64: view.base.storeBytes(of: Double(bits) * 0x1p-30 - 1, toByteOffset: i * 8, as: Double.self)
            }
        }
    }
}
