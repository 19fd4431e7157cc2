import CSystem
import Engine

/// How fast one case of an operator is with the kernels of one instruction set.
public struct OperatorRate: Sendable {
    public let name: String
    public let isa: String
    /// Nanoseconds of the median run.
    public let ns: UInt64
    public let outputs: Int

    public var json: JSON {
        .object([
            ("case", .string(name)), ("isa", .string(isa)), ("ms", .object([("p50", .number(Double(ns) / 1e6))])),
            ("outputs", .int(outputs)),
        ])
    }
}

/// Times every case of the operator that ONNX calls `name`, on every instruction set, on one thread.
public func benchOperator(_ name: String) throws(KingletError) -> [OperatorRate] {
    guard let entry = entry(for: name) else {
        let names = registry.flatMap { $0.names }.sorted().joined(separator: ", ")
        throw KingletError(.usage, "no operator '\(name)': Kinglet has \(names)")
    }
    let pool = try ThreadPool(1)
    var rates: [OperatorRate] = []
    for test in entry.cases {
        let graph: Graph
        do { graph = try alone(entry, test) } catch { throw error.at("case '\(test.name)' of \(name)") }
        for kernels in Kernels.available {
            let session = try Session(try Plan(graph, target: Target(kernels: kernels)), threads: pool)
            fill(session.inputs)
            session.run()
            var times: [UInt64] = []
            let end = ks_now() + 20_000_000
            while times.count < 5 || ks_now() < end && times.count < 1000 {
                let start = ks_thread_cpu()
                session.run()
                times.append(ks_thread_cpu() - start)
            }
            let outputs = session.outputs.reduce(0) { $0 + $1.count }
            rates.append(
                .init(name: test.name, isa: kernels.isa.name, ns: percentile(times.sorted(), 50), outputs: outputs))
        }
    }
    return rates
}

/// A graph of one operator; what it packs, and what its case gives values for, are constants.
private func alone(_ entry: OpEntry, _ test: OpCase) throws(KingletError) -> Graph {
    var values: [Tensor] = []
    var constants = [Tensor?](repeating: nil, count: test.inputs.count)
    for (i, type) in test.inputs.enumerated() {
        let tensor = try Tensor(zeros: type)
        if let given = test.constants[i] {
            for (k, x) in given.enumerated() { tensor.store(x, at: k) }
            constants[i] = tensor
        } else {
            fill([TensorView(type, tensor.base)])
        }
        values.append(tensor)
    }
    let op = try entry.make(
        OpSpec(
            test.attributes, opset: test.opset, inputs: test.inputs.map { Optional($0) }, constants: constants,
            outputCount: test.outputCount
        ))
    var graph = Graph()
    let running = values.indices.filter { !entry.parameters.contains($0) }
    for (i, k) in running.enumerated() {
        let isWeight = constants[k] != nil || op.packedInputs.contains(i)
        let v = graph.add(
            Graph.Value(name: "x\(k)", type: values[k].type, constant: isWeight ? values[k] : nil))
        if !isWeight { graph.inputs.append(v) }
    }
    let inputs = Array(graph.values.indices)
    for type in try op.infer(running.map { values[$0].type }) {
        graph.outputs.append(graph.add(Graph.Value(name: "y", type: type)))
    }
    graph.nodes = [
        Graph.Node(name: entry.names[0], kind: entry.names[0], op: op, inputs: inputs, outputs: graph.outputs)
    ]
    return graph
}

extension Tensor {
    /// Writes element `i`.
    fileprivate func store(_ x: Float, at i: Int) {
        let place = base + i * type.dtype.bytes
        switch type.dtype {
        case .f32: place.storeBytes(of: x, as: Float.self)
        case .f64: place.storeBytes(of: Double(x), as: Double.self)
        case .u8, .bool: place.storeBytes(of: UInt8(x), as: UInt8.self)
        case .i8: place.storeBytes(of: Int8(x), as: Int8.self)
        case .i32: place.storeBytes(of: Int32(x), as: Int32.self)
        case .i64: place.storeBytes(of: Int64(x), as: Int64.self)
        }
    }
}

/// The kernels of every instruction set against the peak measured beside them.
public func benchKernels() throws(KingletError) -> [KernelRate] { try benchmarkKernels() }
