import Engine

/// An ONNX file: nodes and weights in ONNX's own axis order, written back as they were read.
public struct Model: Sendable {
    /// A dimension of an input or output.
    public enum Dimension: Sendable, Equatable {
        case size(Int)
        /// Known at run time only; the name may be empty.
        case symbol(String)
    }

    /// The name and type of a value.
    public struct Value: Sendable {
        public var name: String
        /// ONNX's `TensorProto.DataType`; 0 where the value is not a tensor or has no known type.
        public var elementType: Int
        /// Nil where the rank is unknown.
        public var shape: [Dimension]?
        var kept: [Slice] = []

        public init(name: String, _ dtype: DType, _ shape: [Dimension]?) {
            self.name = name
            elementType = Int(dtype.rawValue)
            self.shape = shape
        }

        init(name: String, elementType: Int, shape: [Dimension]?, kept: [Slice]) {
            self.name = name
            self.elementType = elementType
            self.shape = shape
            self.kept = kept
        }

        /// How Kinglet holds the elements: float16 and bfloat16 as float32.
        public var dtype: DType? { ElementType.held(elementType) }
    }

    public struct Node: Sendable {
        public var name: String
        public var op: String
        public var domain: String
        /// Names of values; empty where an optional input is left out.
        public var inputs: [String]
        public var outputs: [String]
        public var attributes: Attributes
        /// Attributes that Kinglet cannot read (sub-graphs, sparse tensors, types): name and whole field.
        var opaque: [(name: String, field: Slice)] = []
        var kept: [Slice] = []

        public init(
            _ op: String, name: String = "", _ inputs: [String], _ outputs: [String],
            attributes: [String: Attribute] = [:], domain: String = ""
        ) {
            self.name = name
            self.op = op
            self.domain = domain
            self.inputs = inputs
            self.outputs = outputs
            self.attributes = Attributes(attributes)
        }

        /// How errors call the node.
        public var label: String {
            name.isEmpty ? "node \(op) that makes '\(outputs.first ?? "")'" : "node '\(name)'"
        }
    }

    /// A weight.
    public struct Initializer: Sendable {
        public var name: String
        /// float16 and bfloat16 are held as float32.
        public var tensor: Tensor
        /// ONNX's `TensorProto.DataType` in the file.
        public var elementType: Int
        var kept: [Slice] = []

        public init(_ name: String, _ tensor: Tensor) {
            self.name = name
            self.tensor = tensor
            elementType = Int(tensor.type.dtype.rawValue)
        }

        init(name: String, tensor: Tensor, elementType: Int, kept: [Slice]) {
            self.name = name
            self.tensor = tensor
            self.elementType = elementType
            self.kept = kept
        }
    }

    public struct Opset: Sendable {
        public var domain: String
        public var version: Int

        public init(_ domain: String, _ version: Int) {
            self.domain = domain
            self.version = version
        }
    }

    /// Named texts in the order of the file.
    public struct Metadata: Sendable {
        public var entries: [(key: String, value: String)] = []

        public init() {}

        /// The text of a key. Setting nil removes it; a new key goes to the end.
        public subscript(_ key: String) -> String? {
            get { entries.first { $0.key == key }?.value }
            set {
                let place = entries.firstIndex { $0.key == key }
                guard let newValue else {
                    entries.removeAll { $0.key == key }
                    return
                }
                if let place { entries[place].value = newValue } else { entries.append((key, newValue)) }
            }
        }
    }

    public var irVersion = 8
    public var opsets: [Opset]
    public var producer = ""
    public var producerVersion = ""
    public var domain = ""
    public var version = 0
    public var doc = ""
    public var metadata = Metadata()
    public var graphName = ""
    /// The file's inputs, weights excluded.
    public var inputs: [Value]
    public var outputs: [Value]
    /// Types of values in between, as far as the file gives them.
    public var values: [Value] = []
    /// In an order in which every node follows those that make its inputs.
    public var nodes: [Node]
    public var initializers: [Initializer]
    /// How errors call the model.
    public var label = "model"
    /// Initializers that the file also lists as inputs, as IR versions before 4 do.
    var defaults: [Value] = []
    var kept: [Slice] = []
    var graphKept: [Slice] = []

    public init(
        opset: Int = 17, inputs: [Value], outputs: [Value], nodes: [Node], initializers: [Initializer] = []
    ) {
        opsets = [Opset("", opset)]
        self.inputs = inputs
        self.outputs = outputs
        self.nodes = nodes
        self.initializers = initializers
    }

    /// Version of ONNX's own operators.
    public var opset: Int { opsets.first { $0.domain.isEmpty || $0.domain == "ai.onnx" }?.version ?? 0 }
}
