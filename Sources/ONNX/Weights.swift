import Engine

extension Model {
    public func initializer(_ name: String) -> Tensor? { initializers.first { $0.name == name }?.tensor }

    /// Puts new values into initializer `name`: `tensor` as a graph stores it, in `order`
    /// (the value and the `order` of a `Graph.Value` whose `origin` is `name`).
    public mutating func replaceWeight(_ name: String, with tensor: Tensor, order: AxisOrder) throws(KingletError) {
        guard let i = initializers.firstIndex(where: { $0.name == name }) else {
            throw KingletError(.usage, "the model has no weight '\(name)'")
        }
        let old = initializers[i].tensor
        try require(
            tensor.type.dtype == old.type.dtype && tensor.count == old.count && order.rank == tensor.type.rank, .shape,
            "weight '\(name)' is \(old.type.description), not \(tensor.type.description)")
        initializers[i].tensor = try tensor.permuted((0..<order.rank).map { order.stored($0) }).reshaped(old.shape)
    }
}
