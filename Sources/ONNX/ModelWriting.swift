import CSystem
import Engine

extension Model {
    /// The bytes of an `.onnx` file.
    public func serialized() throws(KingletError) -> Storage { try Writer.storage { write(&$0) } }

    /// Writes an `.onnx` file; whatever happens, `path` is the old file or the whole new one.
    public func write(to path: String) throws(KingletError) {
        let status = try Writer.write(to: path) { write(&$0) }
        try require(status >= 0, .resource, "cannot write '\(path)': \(String(cString: ks_error(status)))")
    }

    private func write(_ w: inout Writer) {
        w.kept(kept)
        for (key, value) in metadata.entries.reversed() {
            w.message(14) { w in
                w.text(2, value)
                w.text(1, key)
            }
        }
        for opset in opsets.reversed() {
            w.message(8) { w in
                w.int(2, opset.version)
                w.text(1, opset.domain)
            }
        }
        w.message(7, writeGraph)
        w.optional(6, doc)
        if version != 0 { w.int(5, version) }
        w.optional(4, domain)
        w.optional(3, producerVersion)
        w.optional(2, producer)
        w.int(1, irVersion)
    }

    private func writeGraph(_ w: inout Writer) {
        w.kept(graphKept)
        for value in values.reversed() { w.message(13, value.write) }
        for value in outputs.reversed() { w.message(12, value.write) }
        for value in (inputs + defaults).reversed() { w.message(11, value.write) }
        for initializer in initializers.reversed() { w.message(5, initializer.write) }
        w.text(2, graphName.isEmpty ? "graph" : graphName)
        for node in nodes.reversed() { w.message(1, node.write) }
    }
}

extension Model.Node {
    fileprivate func write(_ w: inout Writer) {
        w.kept(kept)
        w.optional(7, domain)
        w.kept(opaque.map { $0.field })
        // Sorted, so that the same model gives the same bytes.
        for (name, value) in attributes.entries.sorted(by: { $0.key > $1.key }) {
            w.message(5) { value.write(&$0, name) }
        }
        w.text(4, op)
        w.optional(3, name)
        for output in outputs.reversed() { w.text(2, output) }
        for input in inputs.reversed() { w.text(1, input) }
    }
}

extension Model.Value {
    fileprivate func write(_ w: inout Writer) {
        w.kept(kept)
        if elementType != 0 {
            w.message(2) { w in
                w.message(1) { w in
                    if let shape {
                        w.message(2) { w in for dimension in shape.reversed() { w.message(1, dimension.write) } }
                    }
                    w.int(1, elementType)
                }
            }
        }
        w.text(1, name)
    }
}

extension Model.Dimension {
    fileprivate func write(_ w: inout Writer) {
        switch self {
        case .size(let n): w.int(1, n)
        case .symbol(let name): w.optional(2, name)
        }
    }
}

extension Model.Initializer {
    fileprivate func write(_ w: inout Writer) {
        w.kept(kept)
        tensor.writeData(&w, elementType)
        w.text(8, name)
        w.int(2, elementType)
        for d in tensor.shape.reversed() { w.int(1, d) }
    }
}

extension Tensor {
    /// Field raw_data of a TensorProto, in the file's own element type.
    fileprivate func writeData(_ w: inout Writer, _ elementType: Int) {
        let bytes = UnsafeRawBufferPointer(start: base, count: type.bytes)
        guard ElementType.bytes(elementType) == 2 else { return w.bytes(9, bytes) }
        w.message(9) { w in
            for i in (0..<count).reversed() {
                withUnsafeBytes(of: ElementType.narrow(float(i), elementType).littleEndian) { w.raw($0) }
            }
        }
    }
}

extension Attribute {
    fileprivate func write(_ w: inout Writer, _ name: String) {
        switch self {
        case .float(let value):
            w.int(20, 1)
            w.float(2, value)
        case .int(let value):
            w.int(20, 2)
            w.int(3, value)
        case .string(let value):
            w.int(20, 3)
            w.text(4, value)
        case .tensor(let value):
            w.int(20, 4)
            let elementType = Int(value.type.dtype.rawValue)
            w.message(5) { w in
                value.writeData(&w, elementType)
                w.int(2, elementType)
                for d in value.shape.reversed() { w.int(1, d) }
            }
        case .floats(let list):
            w.int(20, 6)
            w.floats(7, list)
        case .ints(let list):
            w.int(20, 7)
            // Not packed: the schema is proto2, where repeated numbers are not.
            for value in list.reversed() { w.int(8, value) }
        case .strings(let list):
            w.int(20, 8)
            for value in list.reversed() { w.text(9, value) }
        }
        w.text(1, name)
    }
}
