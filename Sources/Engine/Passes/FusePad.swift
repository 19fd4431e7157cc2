/// A border of zeros by Pad, then Conv: the convolution pads for itself.
public final class FusePad: Pass {
    public init() {}
    public var name: String { "FusePad" }

    public func apply(_ graph: inout Graph) {
        let (readers, isOutput) = (graph.readers(), graph.isOutput())
        var dead = [Bool](repeating: false, count: graph.nodes.count)
        for i in graph.nodes.indices {
            guard let pad = graph.nodes[i].op as? Pad, let y = graph.nodes[i].outputs.first, readers[y].count == 1,
                !isOutput[y], let r = readers[y].first, let conv = graph.nodes[r].op as? Conv,
                graph.nodes[r].inputs[0] == y, let window = FusePad.window(pad, conv.window)
            else { continue }
            graph.nodes[r].op = Conv(
                window, groups: conv.groups, low: conv.low, high: conv.high, addsResidual: conv.addsResidual)
            graph.nodes[r].inputs[0] = graph.nodes[i].inputs[0]
            dead[i] = true
        }
        graph.drop(dead)
    }

    private static func window(_ pad: Pad, _ window: Window) -> Window? {
        let rank = pad.before.count
        guard pad.mode == .constant, pad.value == nil || pad.value?.float(0) == 0, rank == 3 || rank == 4,
            pad.before[0] == 0, pad.after[0] == 0, pad.before[rank - 1] == 0, pad.after[rank - 1] == 0
        else { return nil }
        return window.absorbing(
            top: rank == 4 ? pad.before[1] : 0, left: pad.before[rank - 2], bottom: rank == 4 ? pad.after[1] : 0,
            right: pad.after[rank - 2])
    }
}
