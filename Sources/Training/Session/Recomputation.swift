import Engine

/// Chooses what a program forgets, so that it does with less memory: one operator after the other, of those whose outputs
/// are kept where most memory is in use the one that saves most bytes for its work.
struct Recomputation {
    let graph: Graph
    let demand: Demand
    let flow: GradientFlow?
    /// Values that live elsewhere, and gradients that do.
    let fixed: [Bool]
    let fixedGradients: [Bool]
    /// So many operators are tried before one is chosen.
    private static let tries = 16

    /// As little is forgotten as brings the memory down to `limit`; if nothing does, what needs least.
    func plan(limit: Int) -> TransientPlan {
        var forgets = [Bool](repeating: false, count: demand.nodes.count)
        var (order, lives) = run(forgets)
        var best = TransientPlan(order, lives)
        while best.bytes > limit, let next = choose(forgets, order, lives) {
            forgets[next] = true
            (order, lives) = run(forgets)
            let plan = TransientPlan(order, lives)
            if plan.bytes < best.bytes { best = plan }
        }
        return spare(best, limit)
    }

    private func run(_ forgets: [Bool]) -> (Order, Lifetimes) {
        let order = Order(graph, demand, fixed: fixed, forgets: forgets)
        return (
            order, Lifetimes(graph, order, demand, flow, fixed: fixed, fixedGradients: fixedGradients)
        )
    }

    /// The operator to forget next; nil if none lowers the peak.
    private func choose(_ forgets: [Bool], _ order: Order, _ lives: Lifetimes) -> Int? {
        let peak = lives.peak
        var kept: [(i: Int, bytes: Int)] = []
        for i in demand.nodes.indices where !forgets[i] {
            var bytes = 0
            for v in graph.nodes[demand.nodes[i]].outputs {
                guard let b = lives.values[v] else { continue }
                let block = lives.blocks[b]
                if block.first < peak.step && block.last > peak.step { bytes += block.bytes }
            }
            if bytes > 0 { kept.append((i, bytes)) }
        }
        kept.sort { $0.bytes != $1.bytes ? $0.bytes > $1.bytes : $0.i < $1.i }
        var best: (i: Int, gain: Float)?
        for (i, _) in kept.prefix(Recomputation.tries) {
            var more = forgets
            more[i] = true
            let (longer, lives) = run(more)
            let saved = peak.bytes - lives.peak.bytes
            if saved <= 0 { continue }
            let gain = Float(saved) / Float(max(longer.work - order.work, 1))
            if gain > best?.gain ?? 0 { best = (i, gain) }
        }
        return best?.i
    }

    /// Keeps again what can be kept within `limit`, or what `plan` takes if that is more: later choices made some earlier
    /// ones needless.
    private func spare(_ plan: TransientPlan, _ limit: Int) -> TransientPlan {
        var best = plan
        let forgotten = demand.nodes.indices.filter { plan.order.forgets[$0] }
        for i in forgotten.sorted(by: { demand.work[$0] > demand.work[$1] }) {
            var forgets = best.order.forgets
            forgets[i] = false
            let (order, lives) = run(forgets)
            if order.work > best.order.work { continue }
            let less = TransientPlan(order, lives)
            if less.bytes <= max(limit, plan.bytes) { best = less }
        }
        return best
    }
}
