import Engine

/// Where the values, gradients and working memory of one program live while it runs: all that may be forgotten
/// afterwards.
struct TransientPlan {
    let order: Order
    /// Place of a value by `Order.name`, nil where it is not transient.
    let values: [Int?]
    /// Place of the gradient of a value.
    let gradients: [Int?]
    /// Place of the working memory of each step.
    let scratch: [Int]
    let bytes: Int

    init(_ order: Order, _ lives: Lifetimes) {
        let arena = Arena(lives.blocks)
        self.order = order
        values = lives.values.map { $0.map { arena.offsets[$0] } }
        gradients = lives.gradients.map { $0.map { arena.offsets[$0] } }
        scratch = lives.rooms.map { $0.map { arena.offsets[$0] } ?? 0 }
        bytes = arena.bytes
    }

    /// Where value `v` is at step `t`. One that is not read then may have no place of its own.
    func place(_ v: Int, _ t: Int) -> Int? { values[order.name(v, t)] ?? values[v] }
}
