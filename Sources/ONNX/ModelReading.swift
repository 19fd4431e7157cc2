import Engine

extension Model {
    /// Most nodes, initializers or values a file may have: what each takes in memory is far more than in the file.
    static let mostItems = 1 << 17

    /// Reads an `.onnx` file. Weights stay where they are in the file's bytes.
    public init(file path: String) throws(KingletError) {
        let storage = try Storage(file: path)
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let name = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
        try self.init(storage: storage, label: "model \(name)")
    }

    /// Reads the bytes of an `.onnx` file.
    public init(storage: Storage, label: String = "model") throws(KingletError) {
        self.init(inputs: [], outputs: [], nodes: [])
        self.label = label
        do {
            try read(storage)
            try checkOpsets()
            try order()
        } catch {
            throw error.at(label)
        }
    }

    private mutating func read(_ storage: Storage) throws(KingletError) {
        try require(Model.looksRight(storage), .badFile, "not an ONNX file")
        opsets = []
        irVersion = 0
        var wire = Wire(storage, 0..<storage.bytes)
        var graph: Wire?
        while let field = try wire.next() {
            switch field.number {
            case 1: irVersion = try wire.int(field)
            case 2: producer = try wire.text(field)
            case 3: producerVersion = try wire.text(field)
            case 4: domain = try wire.text(field)
            case 5: version = try wire.int(field)
            case 6: doc = try wire.text(field)
            case 7:
                try require(graph == nil, .badFile, "the file has two graphs")
                graph = try wire.message(field)
            case 8: opsets.append(try Model.opset(try wire.message(field)))
            case 14: metadata.entries.append(try Model.entry(try wire.message(field)))
            default: kept.append(wire.whole(field))
            }
            try require(
                opsets.count + metadata.entries.count + kept.count <= Model.mostItems, .badFile,
                "more than \(Model.mostItems) entries")
        }
        guard let graph else { throw KingletError(.badFile, "not an ONNX file: it has no graph") }
        try readGraph(graph)
    }

    /// A model is a list of fields of known numbers and wire types; anything else betrays itself in the first of them.
    private static func looksRight(_ storage: Storage) -> Bool {
        var wire = Wire(storage, 0..<storage.bytes)
        let first: Wire.Field?
        do { first = try wire.next() } catch { return false }
        guard let first else { return false }
        switch first.number {
        case 1, 5: return first.kind == .varint
        case 2, 3, 4, 6, 7, 8, 14, 20, 25, 26: return first.kind == .bytes
        default: return false
        }
    }

    private static func opset(_ message: Wire) throws(KingletError) -> Opset {
        var wire = message
        var opset = Opset("", 0)
        while let field = try wire.next() {
            if field.number == 1 { opset.domain = try wire.text(field) }
            if field.number == 2 { opset.version = try wire.int(field) }
        }
        return opset
    }

    private static func entry(_ message: Wire) throws(KingletError) -> (key: String, value: String) {
        var wire = message
        var entry = (key: "", value: "")
        while let field = try wire.next() {
            if field.number == 1 { entry.key = try wire.text(field) }
            if field.number == 2 { entry.value = try wire.text(field) }
        }
        return entry
    }

    /// Operators keep their meaning from opset 9 to 25, or their entries tell the versions apart.
    private func checkOpsets() throws(KingletError) {
        try require(
            opsets.contains { $0.domain.isEmpty || $0.domain == "ai.onnx" }, .badFile,
            "the file does not say which opset it uses")
        try require(opset >= 9 && opset <= 25, .unsupported, "opset \(opset): Kinglet reads opsets 9 to 25")
    }

    private mutating func readGraph(_ message: Wire) throws(KingletError) {
        var wire = message
        var count = 0
        while let field = try wire.next() {
            switch field.number {
            case 1: nodes.append(try Node(try wire.message(field)))
            case 2: graphName = try wire.text(field)
            case 5: initializers.append(try Initializer(try wire.message(field)))
            case 11: inputs.append(try Value(try wire.message(field)))
            case 12: outputs.append(try Value(try wire.message(field)))
            case 13: values.append(try Value(try wire.message(field)))
            case 15: throw KingletError(.unsupported, "sparse initializers")
            default: graphKept.append(wire.whole(field))
            }
            count += 1
            try require(count <= Model.mostItems, .badFile, "more than \(Model.mostItems) entries in the graph")
        }
        let weights = Set(initializers.map { $0.name })
        defaults = inputs.filter { weights.contains($0.name) }
        inputs.removeAll { weights.contains($0.name) }
    }
}

extension Model.Node {
    init(_ message: Wire) throws(KingletError) {
        self.init("", [], [])
        var wire = message
        while let field = try wire.next() {
            switch field.number {
            case 1: inputs.append(try wire.text(field))
            case 2: outputs.append(try wire.text(field))
            case 3: name = try wire.text(field)
            case 4: op = try wire.text(field)
            case 5:
                let (name, value) = try Attribute.read(try wire.message(field))
                try require(
                    attributes[name] == nil && !opaque.contains { $0.name == name }, .badFile,
                    "two attributes '\(name)' in \(label)")
                try require(opaque.count < 64, .badFile, "too many unreadable attributes in \(label)")
                if let value { attributes[name] = value } else { opaque.append((name, wire.whole(field))) }
            case 7: domain = try wire.text(field)
            default: kept.append(wire.whole(field))
            }
            try require(
                inputs.count + outputs.count + kept.count <= Model.mostItems, .badFile, "too many inputs of \(label)")
        }
    }
}

extension Model.Value {
    init(_ message: Wire) throws(KingletError) {
        self.init(name: "", elementType: 0, shape: nil, kept: [])
        var wire = message
        while let field = try wire.next() {
            switch field.number {
            case 1: name = try wire.text(field)
            case 2:
                var type = try wire.message(field)
                while let inner = try type.next() {
                    // A type other than tensor is kept as it is.
                    if inner.number == 1 { try readTensorType(try type.message(inner)) }
                }
                if elementType == 0 { kept.append(wire.whole(field)) }
            default: kept.append(wire.whole(field))
            }
        }
    }

    private mutating func readTensorType(_ message: Wire) throws(KingletError) {
        var wire = message
        while let field = try wire.next() {
            if field.number == 1 { elementType = try wire.int(field) }
            guard field.number == 2 else { continue }
            var shape: [Model.Dimension] = []
            var list = try wire.message(field)
            while let inner = try list.next() {
                if inner.number == 1 { shape.append(try Model.Dimension(try list.message(inner))) }
                try require(shape.count <= 64, .badFile, "the shape of '\(name)' has more than 64 dimensions")
            }
            self.shape = shape
        }
    }
}

extension Model.Dimension {
    init(_ message: Wire) throws(KingletError) {
        var wire = message
        self = .symbol("")
        while let field = try wire.next() {
            if field.number == 1 { self = .size(try wire.int(field)) }
            if field.number == 2 { self = .symbol(try wire.text(field)) }
        }
        // Old exporters write 0 or -1 for "unknown".
        if case .size(let n) = self, n <= 0 { self = .symbol("") }
    }
}
