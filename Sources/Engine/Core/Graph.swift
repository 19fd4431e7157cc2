/// A network ready to plan: typed values, operators in running order, weights.
public struct Graph: Sendable {
    public struct Value: Sendable {
        public var name: String
        /// As stored.
        public var type: TensorType
        /// How the stored axes relate to the ONNX file's.
        public var order: AxisOrder
        /// The bytes of a weight; nil for what is computed.
        public var constant: Tensor?
        /// The initializer of the file that this constant is, in `order`; nil if it was derived.
        public var origin: String?

        public init(
            name: String, type: TensorType, order: AxisOrder? = nil, constant: Tensor? = nil, origin: String? = nil
        ) {
            self.name = name
            self.type = type
            self.order = order ?? .identity(type.rank)
            self.constant = constant
            self.origin = origin
        }
    }

    public struct Node: Sendable {
        public var name: String
        /// ONNX operator name, or that of an operator that a pass made.
        public var kind: String
        public var op: any Op
        /// Indices into `values`.
        public var inputs: [Int]
        public var outputs: [Int]

        public init(name: String, kind: String, op: any Op, inputs: [Int], outputs: [Int]) {
            self.name = name
            self.kind = kind
            self.op = op
            self.inputs = inputs
            self.outputs = outputs
        }
    }

    public var values: [Value]
    public var nodes: [Node]
    public var inputs: [Int]
    public var outputs: [Int]

    public init(values: [Value] = [], nodes: [Node] = [], inputs: [Int] = [], outputs: [Int] = []) {
        self.values = values
        self.nodes = nodes
        self.inputs = inputs
        self.outputs = outputs
    }

    /// Adds a value; its index.
    public mutating func add(_ value: Value) -> Int {
        values.append(value)
        return values.count - 1
    }

    /// Which nodes read each value.
    public func readers() -> [[Int]] {
        var readers = [[Int]](repeating: [], count: values.count)
        for (i, node) in nodes.enumerated() {
            for v in node.inputs where readers[v].last != i { readers[v].append(i) }
        }
        return readers
    }

    /// Which node computes each value; nil for inputs and constants.
    public func producers() -> [Int?] {
        var producers = [Int?](repeating: nil, count: values.count)
        for (i, node) in nodes.enumerated() { for v in node.outputs { producers[v] = i } }
        return producers
    }
}

/// A rewriting of a graph into one that computes the same (or the same up to rounding) with less.
public protocol Pass: AnyObject, Sendable {
    var name: String { get }
    func apply(_ graph: inout Graph) throws(KingletError)
}
