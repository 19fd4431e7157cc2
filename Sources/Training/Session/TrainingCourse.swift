import Engine

extension TrainingPlanner {
    /// Where value `v` is, at step `t` of a program.
    func place(_ v: Int, _ places: TransientPlan?, at t: Int = 0) -> TrainingPlan.Place {
        if let place = fixed[v] { return .arena(place) }
        if let place = places?.place(v, t) { return .arena(persistent + place) }
        return .constant(v)
    }

    /// The steps of one program.
    func course(_ program: Recomputation, _ places: TransientPlan) -> TrainingPlan.Course {
        var forward: [TrainingPlan.Step] = []
        var again: [TrainingPlan.Step] = []
        var backward: [TrainingPlan.BackwardStep] = []
        var written = gradientOf.indices.map { v in v != graph.inputs[0] && gradientOf[v] != nil }
        for (t, step) in places.order.steps.enumerated() {
            switch step {
            case .forward(let i): forward.append(computing(program.demand.nodes[i], places, t))
            case .again(let i): again.append(computing(program.demand.nodes[i], places, t))
            case .backward(let i):
                guard let flow = program.flow else { continue }
                backward.append(going(back: program.demand.nodes[i], again, flow, places, t, &written))
                again = []
            }
        }
        return TrainingPlan.Course(
            forward: forward, backward: backward,
            again: TrainingPlan.Again(
                count: backward.reduce(0) { $0 + $1.again.filter { !graph.nodes[$0.node].op.isView }.count },
                of: forward.filter { !graph.nodes[$0.node].op.isView }.count,
                share: Double(places.order.work) / Double(max(program.demand.work.reduce(0, +), 1))))
    }

    private func computing(_ m: Int, _ places: TransientPlan, _ t: Int) -> TrainingPlan.Step {
        let node = graph.nodes[m]
        return TrainingPlan.Step(
            node: m, inputs: node.inputs.map { place($0, places, at: t) },
            outputs: node.outputs.map { place($0, places, at: t) }, scratch: persistent + places.scratch[t],
            packing: packings[m], changes: node.inputs.contains { changes[$0] })
    }

    private func going(
        back m: Int, _ again: [TrainingPlan.Step], _ flow: GradientFlow, _ places: TransientPlan, _ t: Int,
        _ written: inout [Bool]
    ) -> TrainingPlan.BackwardStep {
        let node = graph.nodes[m]
        func gradient(_ v: Int) -> Int? { gradientOf[v] ?? places.gradients[v].map { persistent + $0 } }
        var unread: [Int] = []
        for (k, v) in node.outputs.enumerated() where flow.carries[v] && !written[v] { unread.append(k) }
        var (dx, adds): ([Int?], [Bool]) = ([], [])
        for v in node.inputs {
            dx.append(flow.carries[v] ? gradient(v) : nil)
            adds.append(written[v])
            if flow.carries[v] { written[v] = true }
        }
        return TrainingPlan.BackwardStep(
            node: m, again: again, inputs: node.inputs.map { place($0, places, at: t) },
            outputs: node.outputs.map { place($0, places, at: t) }, dy: node.outputs.map { gradient($0) ?? 0 },
            unread: unread, dx: dx, adds: adds, scratch: persistent + places.scratch[t], packing: backwardPackings[m])
    }
}
