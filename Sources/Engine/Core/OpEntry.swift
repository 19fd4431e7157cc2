/// How an operator's values relate to ONNX's axis order.
public enum LayoutRule: Sendable {
    /// Inputs named in `channelsLast` and every output are stored channels-last.
    case channelsLast([Int])
    /// Any order, as long as all inputs of that rank share it; outputs have it too. Axis attributes go through `OpSpec`.
    case any
    /// ONNX's own order.
    case onnx
    /// Transpose: only relabels axes, unless somebody needs the bytes moved.
    case transpose
    /// Reshape and its kin: keep a channels-last order where no group of axes is torn apart by it.
    case reshape
}

/// What an operator is made from.
public struct OpSpec: Sendable {
    public let attributes: Attributes
    public let opset: Int
    /// Types of the inputs as stored; nil where an optional input is left out.
    public let inputs: [TensorType?]
    /// Values of the inputs that are known at load.
    public let constants: [Tensor?]
    /// Axis order of the first input (and, by the layout rule, of the others).
    public let order: AxisOrder
    public let outputCount: Int

    public init(
        _ attributes: Attributes = Attributes(), opset: Int = 21, inputs: [TensorType?], constants: [Tensor?] = [],
        order: AxisOrder? = nil, outputCount: Int = 1
    ) {
        self.attributes = attributes
        self.opset = opset
        self.inputs = inputs
        self.constants = constants
        self.order = order ?? .identity((inputs.first ?? nil)?.rank ?? 0)
        self.outputCount = outputCount
    }

    /// The stored axis of ONNX axis `axis`, which may count from the end.
    public func storedAxis(_ axis: Int) throws(KingletError) -> Int {
        let rank = order.rank
        try require(axis >= -rank && axis < rank, .shape, "axis \(axis) is outside rank \(rank)")
        return order.stored(axis < 0 ? axis + rank : axis)
    }

    /// The constant value of input `i`: nil if it is left out, an error if it is only known at run time.
    public func constant(_ i: Int, _ name: String) throws(KingletError) -> Tensor? {
        if i < constants.count, let value = constants[i] { return value }
        try require(
            i >= inputs.count || inputs[i] == nil, .unsupported, "input '\(name)' must be a constant of the model")
        return nil
    }
}

/// An operator as the registry lists it; one stands in each operator's file.
public struct OpEntry: Sendable {
    /// ONNX operator names.
    public let names: [String]
    /// Attributes that `make` understands; any other is refused.
    public let attributes: [String]
    public let layout: LayoutRule
    /// Inputs that `make` reads as constants; the running operator does not see them.
    public let parameters: [Int]
    /// Shapes and attributes worth trying: they drive every test and benchmark of the operator.
    public let cases: [OpCase]
    /// Finds every attribute error.
    public let make: @Sendable (OpSpec) throws(KingletError) -> any Op

    public init(
        _ names: [String], attributes: [String] = [], layout: LayoutRule = .any, parameters: [Int] = [],
        cases: [OpCase], make: @escaping @Sendable (OpSpec) throws(KingletError) -> any Op
    ) {
        self.names = names
        self.attributes = attributes
        self.layout = layout
        self.parameters = parameters
        self.cases = cases
        self.make = make
    }
}

/// One set of input types and attributes for an operator.
public struct OpCase: Sendable {
    public let name: String
    /// Types of all ONNX inputs as stored, parameters included.
    public let inputs: [TensorType]
    /// Fixed values for some inputs, by index: parameters, scales, weights.
    public let constants: [Int: [Float]]
    public let attributes: Attributes
    public let opset: Int
    public let outputCount: Int

    public init(
        _ name: String, _ inputs: [TensorType], constants: [Int: [Float]] = [:],
        _ attributes: [String: Attribute] = [:],
        opset: Int = 21, outputCount: Int = 1
    ) {
        self.name = name
        self.inputs = inputs
        self.constants = constants
        self.attributes = Attributes(attributes)
        self.opset = opset
        self.outputCount = outputCount
    }
}
