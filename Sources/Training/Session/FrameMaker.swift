import Engine

/// Turns the places of a plan into views of memory.
struct FrameMaker {
    private let plan: TrainingPlan
    private let arena: Storage
    /// Aligned copies of constants that are not aligned in their file.
    private(set) var constants: [Int: Storage] = [:]
    /// What to pack when the session begins, and what whenever trained weights have changed; one of each operator.
    private(set) var once: [Packer] = []
    private(set) var changed: [Packer] = []
    private var seen: Set<Int> = []

    init(_ plan: TrainingPlan, _ arena: Storage) {
        self.plan = plan
        self.arena = arena
    }

    mutating func view(_ place: TrainingPlan.Place, _ v: Int) throws(KingletError) -> TensorView {
        let type = plan.graph.values[v].type
        switch place {
        case .arena(let offset): return TensorView(type, arena.base + offset)
        case .constant(let v):
            guard let tensor = plan.graph.values[v].constant else { preconditionFailure("value without a place") }
            if Int(bitPattern: tensor.base) % type.dtype.bytes == 0 { return TensorView(type, tensor.base) }
            if let copy = constants[v] { return TensorView(type, copy.base) }
            let copy = try Storage(bytes: type.bytes)
            copy.base.copyMemory(from: tensor.base, byteCount: type.bytes)
            constants[v] = copy
            return TensorView(type, copy.base)
        }
    }

    private mutating func views(_ places: [TrainingPlan.Place], _ values: [Int]) throws(KingletError) -> [TensorView] {
        var all: [TensorView] = []
        for (place, v) in zip(places, values) { all.append(try view(place, v)) }
        return all
    }

    /// The gradient of `v` at `offset`.
    private func gradient(_ v: Int, _ offset: Int) -> TensorView {
        TensorView(TensorType(.f32, plan.graph.values[v].type.shape), arena.base + offset)
    }

    /// `early`: operators on weights, which pack for themselves in their turn.
    mutating func track(_ course: TrainingPlan.Course, early: Bool = false) throws(KingletError) -> Track {
        var forward: [Track.Forward] = []
        for step in course.forward { forward.append(try self.forward(step, early)) }
        var backward: [Track.Backward] = []
        for step in course.backward {
            let node = plan.graph.nodes[step.node]
            guard let op = node.op.gradient else { preconditionFailure("no gradient") }
            var dx: [TensorView?] = []
            for (v, place) in zip(node.inputs, step.dx) { dx.append(place.map { gradient(v, $0) }) }
            let dy = zip(node.outputs, step.dy).map { gradient($0, $1) }
            let frame = BackwardFrame(
                x: try views(step.inputs, node.inputs), y: try views(step.outputs, node.outputs), dy: dy, dx: dx,
                adds: step.adds, scratch: arena.base + step.scratch, packed: arena.base + step.packing.offset,
                target: plan.target)
            var again: [Track.Forward] = []
            for step in step.again { again.append(try self.forward(step, early)) }
            let packs = step.packing.bytes > 0 && (early || step.packing.when == .always)
            backward.append(
                Track.Backward(op: op, frame: frame, again: again, packs: packs, unread: step.unread.map { dy[$0] }))
            if step.packing.bytes > 0 && !packs && seen.insert(2 * step.node + 1).inserted {
                add(
                    Packer(op: node.op, frame: nil, back: (op, frame), bytes: step.packing.bytes), step.packing.when)
            }
        }
        return Track(forward: forward, backward: backward)
    }

    private mutating func forward(_ step: TrainingPlan.Step, _ early: Bool) throws(KingletError) -> Track.Forward {
        let node = plan.graph.nodes[step.node]
        let frame = Frame(
            x: try views(step.inputs, node.inputs), y: try views(step.outputs, node.outputs),
            scratch: arena.base + step.scratch, packed: arena.base + step.packing.offset, target: plan.target)
        let packs = step.packing.bytes > 0 && (early || step.packing.when == .always)
        if step.packing.bytes > 0 && !packs && seen.insert(2 * step.node).inserted {
            add(Packer(op: node.op, frame: frame, back: nil, bytes: step.packing.bytes), step.packing.when)
        }
        return Track.Forward(op: node.op, frame: frame, packs: packs, changes: step.changes)
    }

    private mutating func add(_ packer: Packer, _ when: TrainingPlan.Packing.When) {
        if when == .once { once.append(packer) } else { changed.append(packer) }
    }
}
