import Engine

/// A TensorProto, field by field.
private struct RawTensor {
    var dims: [Int64] = []
    var elementType = 0
    var floats: [Float] = []
    var ints: [Int64] = []
    var doubles: [Double] = []
    var name = ""
    var raw: Slice?
    var external = false
    var kept: [Slice] = []

    init(_ message: Wire) throws(KingletError) {
        var wire = message
        while let field = try wire.next() {
            switch field.number {
            case 1: try wire.append(field, to: &dims)
            case 2: elementType = try wire.int(field)
            case 3: throw KingletError(.unsupported, "a tensor in segments")
            case 4: try wire.append(field, to: &floats)
            case 5, 7: try wire.append(field, to: &ints)
            case 8: name = try wire.text(field)
            case 9: raw = try wire.slice(field)
            case 10: try wire.append(field, to: &doubles)
            case 13: external = true
            case 14: external = external || field.value == 1
            default: kept.append(wire.whole(field))
            }
            try require(dims.count <= 64, .badFile, "a tensor of more than 64 dimensions")
        }
    }

    func tensor() throws(KingletError) -> Tensor {
        try require(!external, .unsupported, "its data are in another file: save the model as one file")
        guard let dtype = ElementType.held(elementType) else {
            throw KingletError(.unsupported, "elements of type \(ElementType.name(elementType))")
        }
        let type = TensorType(dtype, dims.map { Int(clamping: $0) })
        let count = try checkedCount(type.shape)
        let size = ElementType.bytes(elementType)
        if let raw {
            try require(
                raw.range.count == count * size, .badFile,
                "\(raw.range.count) bytes of data where \(shapeText(type.shape)) needs \(count) × \(size)")
            if size == dtype.bytes { return Tensor(type, in: raw.storage, at: raw.range.lowerBound) }
            return try fill(type) { i in
                let bits = raw.bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)
                return ElementType.widen(UInt16(littleEndian: bits), elementType)
            }
        }
        let given = dtype == .f64 ? doubles.count : elementType == 1 ? floats.count : ints.count
        try require(
            given == count, .badFile, "\(given) values where \(shapeText(type.shape)) needs \(count)")
        switch dtype {
        case .f32:
            if elementType == 1 { return try fill(type) { floats[$0] } }
            return try fill(type) { ElementType.widen(UInt16(truncatingIfNeeded: ints[$0]), elementType) }
        case .f64: return try fill(type) { doubles[$0] }
        case .i64: return try fill(type) { ints[$0] }
        case .i32: return try fill(type) { Int32(truncatingIfNeeded: ints[$0]) }
        case .u8, .i8, .bool: return try fill(type) { UInt8(truncatingIfNeeded: ints[$0]) }
        }
    }

    private func fill<T: BitwiseCopyable>(_ type: TensorType, _ value: (Int) -> T) throws(KingletError) -> Tensor {
        let tensor = try Tensor(zeros: type)
        for i in 0..<type.count {
            tensor.base.storeBytes(of: value(i), toByteOffset: i * type.dtype.bytes, as: T.self)
        }
        return tensor
    }
}

extension Model.Initializer {
    init(_ message: Wire) throws(KingletError) {
        let raw = try RawTensor(message)
        let tensor: Tensor
        do { tensor = try raw.tensor() } catch { throw error.at("initializer '\(raw.name)'") }
        self.init(name: raw.name, tensor: tensor, elementType: raw.elementType, kept: raw.kept)
    }
}

extension Attribute {
    /// An attribute's name and value; nil where Kinglet has no such kind of value.
    static func read(_ message: Wire) throws(KingletError) -> (String, Attribute?) {
        var wire = message
        var name = ""
        var type = 0
        var (int, float, string) = (0, Float(0), "")
        var ints: [Int64] = []
        var floats: [Float] = []
        var strings: [String] = []
        var tensor: Wire?
        // The kind that old files leave out is that of the field which is there.
        var seen = 0
        while let field = try wire.next() {
            switch field.number {
            case 1: name = try wire.text(field)
            case 2: (float, seen) = (try wire.float(field), 1)
            case 3: (int, seen) = (try wire.int(field), 2)
            case 4: (string, seen) = (try wire.text(field), 3)
            case 5: (tensor, seen) = (try wire.message(field), 4)
            case 7:
                try wire.append(field, to: &floats)
                seen = 6
            case 8:
                try wire.append(field, to: &ints)
                seen = 7
            case 9:
                strings.append(try wire.text(field))
                seen = 8
            case 20: type = try wire.int(field)
            default: break
            }
        }
        switch type == 0 ? seen : type {
        case 1: return (name, .float(float))
        case 2: return (name, .int(int))
        case 3: return (name, .string(string))
        case 4:
            guard let tensor else { throw KingletError(.badFile, "attribute '\(name)' has no tensor") }
            let raw = try RawTensor(tensor)
            // A float16 attribute would come back as float32: it is left as it is.
            guard let held = ElementType.held(raw.elementType), Int(held.rawValue) == raw.elementType else {
                return (name, nil)
            }
            do { return (name, .tensor(try raw.tensor())) } catch { throw error.at("attribute '\(name)'") }
        case 6: return (name, .floats(floats))
        case 7: return (name, .ints(ints.map { Int(clamping: $0) }))
        case 8: return (name, .strings(strings))
        default: return (name, nil)
        }
    }
}
