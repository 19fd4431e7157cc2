import Engine

/// Works out a `TrainingPlan`.
struct TrainingPlanner {
    let graph: Graph
    let target: Target
    /// Bytes before the transient ones.
    private(set) var persistent = 0
    private(set) var transient = 0
    private(set) var parameters: [TrainingPlan.Parameter] = []
    private(set) var prologue = TrainingPlan.Course(forward: [], backward: [], again: .init(count: 0, of: 0, share: 0))
    private(set) var courses = [TrainingPlan.Course?](repeating: nil, count: Program.allCases.count)
    private(set) var accumulators: [(offset: Int, count: Int)] = []
    /// Persistent places of values and of gradients.
    private(set) var fixed: [Int?]
    private(set) var gradientOf: [Int?]
    /// Packed inputs of each operator, forward and back.
    private(set) var packings: [TrainingPlan.Packing] = []
    private(set) var backwardPackings: [TrainingPlan.Packing] = []
    /// Depends on trained weights, by value.
    private(set) var changes: [Bool] = []

    init(_ graph: Graph, _ options: TrainingPlan.Options, _ target: Target) throws(KingletError) {
        self.graph = graph
        self.target = target
        fixed = [Int?](repeating: nil, count: graph.values.count)
        gradientOf = fixed
        try check()
        let early = prologueNodes()
        let flows = try flows(options)
        let (x, y) = (graph.inputs[0], graph.outputs[0])
        fixed[x] = reserve(graph.values[x].type.bytes)
        fixed[y] = reserve(graph.values[y].type.bytes)
        let goesBack = options.programs.contains { $0 != .forward }
        if goesBack { gradientOf[y] = reserve(graph.values[y].type.bytes) }
        if options.programs.contains(where: { $0.attacks }) { gradientOf[x] = reserve(graph.values[x].type.count * 4) }
        for v in options.trained {
            let bytes = graph.values[v].type.bytes
            let place = reserve(bytes)
            fixed[v] = place
            let gradient = options.programs.contains { $0.trains } ? reserve(bytes) : nil
            gradientOf[v] = gradient
            parameters.append(
                TrainingPlan.Parameter(
                    value: v, weights: place, gradient: gradient, slots: (0..<options.slots).map { _ in reserve(bytes) }
                ))
        }
        for v in options.observed where fixed[v] == nil { fixed[v] = reserve(graph.values[v].type.bytes) }
        let trainFlow = flows.first { $0?.trains == true } ?? nil
        for i in graph.nodes.indices where early[i] {
            for v in graph.nodes[i].outputs {
                fixed[v] = fixed[v] ?? reserve(graph.values[v].type.bytes)
                guard let flow = trainFlow?.flow, flow.carries[v] else { continue }
                let place = reserve(graph.values[v].type.count * 4)
                gradientOf[v] = place
                accumulators.append((place, graph.values[v].type.count))
            }
        }
        pack(early, flows, trained: options.trained)
        try plan(early, flows, trainFlow?.flow, limit: options.arenaLimit)
    }

    private struct Flow {
        let program: Program
        let trains: Bool
        let flow: GradientFlow?
    }

    private func check() throws(KingletError) {
        try require(
            graph.inputs.count == 1 && graph.outputs.count == 1, .unsupported,
            "a network with \(graph.inputs.count) inputs and \(graph.outputs.count) outputs: training takes one of each"
        )
        let y = graph.values[graph.outputs[0]].type
        try require(
            y.dtype == .f32 && y.rank == 2, .unsupported,
            "the output is \(y.description), wanted float32 [batch, classes]")
    }

    private mutating func reserve(_ bytes: Int) -> Int {
        let place = persistent
        persistent = Arena.sum(persistent, (bytes + Storage.slack + 63) & ~63)
        return place
    }

    /// Operators that see nothing but constants.
    private func prologueNodes() -> [Bool] {
        var known = graph.values.map { $0.constant != nil }
        return graph.nodes.map { node in
            let early = node.inputs.allSatisfy { known[$0] }
            if early { for v in node.outputs { known[v] = true } }
            return early
        }
    }

    /// What carries gradients, by program.
    private func flows(_ options: TrainingPlan.Options) throws(KingletError) -> [Flow?] {
        var flows: [Flow?] = []
        for program in Program.allCases {
            guard options.programs.contains(program) else {
                flows.append(nil)
                continue
            }
            let sources = (program.trains ? options.trained : []) + (program.attacks ? [graph.inputs[0]] : [])
            let flow = program == .forward ? nil : try GradientFlow(graph, sources: sources)
            flows.append(Flow(program: program, trains: program.trains, flow: flow))
        }
        return flows
    }

    /// Places for rearranged inputs. An operator has one of each kind, whatever the program.
    private mutating func pack(_ early: [Bool], _ flows: [Flow?], trained: [Int]) {
        changes = [Bool](repeating: false, count: graph.values.count)
        for v in trained { changes[v] = true }
        var computed = graph.values.map { $0.constant == nil }
        for (i, node) in graph.nodes.enumerated() where early[i] {
            for v in node.outputs {
                computed[v] = false
                changes[v] = node.inputs.contains { changes[$0] }
            }
        }
        let dependent = changes
        func when(_ node: Graph.Node, _ read: [Int]) -> TrainingPlan.Packing.When {
            let values = read.filter { $0 < node.inputs.count }.map { node.inputs[$0] }
            return values.contains { computed[$0] } ? .always : values.contains { dependent[$0] } ? .changed : .once
        }
        for (i, node) in graph.nodes.enumerated() {
            let types = node.inputs.map { graph.values[$0].type }
            let bytes = node.op.packedBytes(types, target)
            packings.append(
                .init(offset: bytes > 0 ? reserve(bytes) : 0, bytes: bytes, when: when(node, node.op.packedInputs)))
            let active = flows.compactMap { $0?.flow }.filter { $0.active[i] }
            let wants = node.inputs.map { v in active.contains { $0.carries[v] } }
            guard let op = node.op.gradient, !active.isEmpty else {
                backwardPackings.append(.init(offset: 0, bytes: 0, when: .once))
                continue
            }
            let more = op.backwardPackedBytes(types, wants: wants, target)
            backwardPackings.append(
                .init(offset: more > 0 ? reserve(more) : 0, bytes: more, when: when(node, op.backwardPackedInputs)))
        }
    }

    private mutating func plan(
        _ early: [Bool], _ flows: [Flow?], _ training: GradientFlow?, limit: Int?
    ) throws(KingletError) {
        try Arena.check(persistent)
        let (before, main) = (graph.nodes.indices.filter { early[$0] }, graph.nodes.indices.filter { !early[$0] })
        let first = recomputation(before, training)
        let prologuePlan = first.plan(limit: .max)
        transient = prologuePlan.bytes
        try Arena.check(transient)
        prologue = course(first, prologuePlan)
        var plans: [(Program, Recomputation, TransientPlan)] = []
        for case let flow? in flows {
            let program = recomputation(main, flow.flow)
            plans.append((flow.program, program, program.plan(limit: .max)))
            try Arena.check(plans[plans.count - 1].2.bytes)
        }
        if let limit {
            // What one program cannot do without, the others may have.
            var room = max(limit - persistent, transient)
            for k in plans.indices where plans[k].2.bytes > room {
                plans[k].2 = plans[k].1.plan(limit: room)
            }
            room = plans.reduce(room) { max($0, $1.2.bytes) }
            for k in plans.indices where plans[k].2.bytes < room && plans[k].2.order.work > 0 {
                plans[k].2 = plans[k].1.plan(limit: room)
            }
        }
        for (program, needs, plan) in plans {
            transient = max(transient, plan.bytes)
            courses[program.rawValue] = course(needs, plan)
        }
    }

    private func recomputation(_ nodes: [Int], _ flow: GradientFlow?) -> Recomputation {
        Recomputation(
            graph: graph, demand: Demand(graph, nodes, flow, target), flow: flow,
            fixed: zip(fixed, graph.values).map { $0 != nil || $1.constant != nil },
            fixedGradients: gradientOf.map { $0 != nil })
    }
}
