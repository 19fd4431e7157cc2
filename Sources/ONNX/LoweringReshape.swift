import Engine

/// Axes of the old and the new shape that hold the same elements: 2·3 of [2, 3, 5] and 6 of [6, 5]. Axes of size 1 are
/// in no group.
private struct Group {
    var old: [Int] = []
    var new: [Int] = []

    /// The smallest groups, in order; nil if the shapes hold different numbers of elements or none.
    static func match(_ old: [Int], _ new: [Int]) -> [Group]? {
        guard !old.contains(0), !new.contains(0) else { return nil }
        var groups: [Group] = []
        var (i, j) = (0, 0)
        while true {
            while i < old.count && old[i] == 1 { i += 1 }
            while j < new.count && new[j] == 1 { j += 1 }
            if i == old.count || j == new.count { return i == old.count && j == new.count ? groups : nil }
            var group = Group(old: [i], new: [j])
            var (a, b) = (old[i], new[j])
            (i, j) = (i + 1, j + 1)
            while a != b {
                if a < b {
                    guard i < old.count else { return nil }
                    a *= old[i]
                    if old[i] != 1 { group.old.append(i) }
                    i += 1
                } else {
                    guard j < new.count else { return nil }
                    b *= new[j]
                    if new[j] != 1 { group.new.append(j) }
                    j += 1
                }
            }
            groups.append(group)
        }
    }
}

extension Lowering {
    /// `x` under another ONNX shape. The bytes stay as they are where the axes of every group lie side by side and in
    /// order; else they are moved so that they do, each group to where the first of its axes is.
    mutating func reshape(_ x: Held, _ shape: [Int], _ name: String) throws(KingletError) -> Held {
        let old = type(x).shape
        if old == shape { return x }
        if let tensor = constant(x) {
            let v = try demand(x, .identity(old.count))
            let origin = x.axes.isAscending ? graph.values[v].origin : nil
            let bytes = graph.values[v].constant ?? tensor
            let value = graph.add(
                Graph.Value(
                    name: name, type: TensorType(bytes.type.dtype, shape), constant: bytes.reshaped(shape),
                    origin: origin))
            return Held(value: value, axes: Array(0..<shape.count))
        }
        guard let groups = Group.match(old, shape) else {
            let v = try demand(x, .identity(old.count))
            let y = try view(v, shape, .identity(shape.count), name)
            return Held(value: y, axes: Array(0..<shape.count))
        }
        let stored = order(x)
        let sorted = groups.sorted { a, b in
            (a.old.map { stored.stored($0) }.min() ?? 0) < (b.old.map { stored.stored($0) }.min() ?? 0)
        }
        let needed = sorted.flatMap { $0.old }
        let present = stored.axes.filter { old[$0] != 1 }
        let ones = stored.axes.filter { old[$0] == 1 }
        let v = needed == present ? try demand(x, stored) : try demand(x, AxisOrder(needed + ones))
        let order = Lowering.complete(sorted.flatMap { $0.new }, shape)
        let target = order.store(shape)
        if graph.values[v].type.shape == target { return alias(v, order) }
        let y = try view(v, target, order, name)
        return Held(value: y, axes: Array(0..<shape.count))
    }

    /// The order in which axes larger than 1 come as in `axes`, and those of size 1 where most operators like them.
    private static func complete(_ axes: [Int], _ shape: [Int]) -> AxisOrder {
        let candidates: [AxisOrder] = [.channelsLast(shape.count), .identity(shape.count)]
        if let fit = candidates.first(where: { $0.axes.filter { shape[$0] != 1 } == axes }) { return fit }
        return AxisOrder(shape.indices.filter { shape[$0] == 1 } + axes)
    }
}
