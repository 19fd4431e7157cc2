/// A protobuf message as a tree, so that it can be changed anywhere with all lengths right.
indirect enum Field {
    case varint(Int, UInt64)
    case fixed(Int, [UInt8])
    case bytes(Int, [UInt8])
    case message(Int, [Field])

    var number: Int {
        switch self {
        case .varint(let n, _), .fixed(let n, _), .bytes(let n, _), .message(let n, _): n
        }
    }

    /// The fields of `bytes`; nil if they are not a message. Bytes that might be a message are taken for one.
    static func parse(_ bytes: ArraySlice<UInt8>, depth: Int = 0) -> [Field]? {
        var rest = bytes
        var fields: [Field] = []
        while !rest.isEmpty {
            guard let tag = varint(&rest), tag >> 3 > 0, tag >> 3 < 1000 else { return nil }
            let number = Int(tag >> 3)
            switch tag & 7 {
            case 0:
                guard let value = varint(&rest) else { return nil }
                fields.append(.varint(number, value))
            case 1, 5:
                let size = tag & 7 == 1 ? 8 : 4
                guard rest.count >= size else { return nil }
                fields.append(.fixed(number, Array(rest.prefix(size))))
                rest = rest.dropFirst(size)
            case 2:
                guard let count = varint(&rest), count <= UInt64(rest.count) else { return nil }
                let part = rest.prefix(Int(count))
                rest = rest.dropFirst(Int(count))
                if depth < 6, !part.isEmpty, let inner = parse(part, depth: depth + 1) {
                    fields.append(.message(number, inner))
                } else {
                    fields.append(.bytes(number, Array(part)))
                }
            default: return nil
            }
        }
        return fields
    }

    private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(byte & 127) << shift
            if byte < 128 { return value }
        }
        return nil
    }

    static func write(_ fields: [Field]) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in fields { field.write(&bytes) }
        return bytes
    }

    private func write(_ bytes: inout [UInt8]) {
        func varint(_ value: UInt64) {
            var value = value
            while value > 127 {
                bytes.append(UInt8(value & 127 | 128))
                value >>= 7
            }
            bytes.append(UInt8(value))
        }
        switch self {
        case .varint(let n, let value):
            varint(UInt64(n) << 3)
            varint(value)
        case .fixed(let n, let value):
            varint(UInt64(n) << 3 | (value.count == 8 ? 1 : 5))
            bytes += value
        case .bytes(let n, let value):
            varint(UInt64(n) << 3 | 2)
            varint(UInt64(value.count))
            bytes += value
        case .message(let n, let inner):
            let value = Field.write(inner)
            varint(UInt64(n) << 3 | 2)
            varint(UInt64(value.count))
            bytes += value
        }
    }
}
