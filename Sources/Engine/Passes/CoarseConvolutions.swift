/// Convolutions as training may compute them: by Winograd's F(4 × 4, 3 × 3) where that pays.
public final class CoarseConvolutions: Pass {
    public init() {}
    public var name: String { "CoarseConvolutions" }

    public func apply(_ graph: inout Graph) {
        for i in graph.nodes.indices {
            guard let conv = graph.nodes[i].op as? Conv else { continue }
            graph.nodes[i].op = Conv(
                conv.window, groups: conv.groups, low: conv.low, high: conv.high, addsResidual: conv.addsResidual,
                coarse: true)
        }
    }
}
