import Engine

/// Some bytes of a storage, which they keep alive.
public struct Slice: Sendable {
    public let storage: Storage
    public let range: Range<Int>

    init(_ storage: Storage, _ range: Range<Int>) {
        self.storage = storage
        self.range = range
    }

    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: storage.base + range.lowerBound, count: range.count)
    }
}

/// The fields of one protobuf message, read one after the other. Nothing is read outside of `range`.
struct Wire {
    enum Kind {
        case varint, fixed32, fixed64, bytes
    }

    /// A field's number and value: an integer (its bits), or the place of its bytes.
    struct Field {
        let number: Int
        let kind: Kind
        let value: UInt64
        let range: Range<Int>
        /// Where the field itself begins, tag included.
        let start: Int
    }

    let storage: Storage
    private(set) var position: Int
    let end: Int

    init(_ storage: Storage, _ range: Range<Int>) {
        self.storage = storage
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next field; nil at the end of the message.
    mutating func next() throws(KingletError) -> Field? {
        if position == end { return nil }
        let start = position
        let tag = try varint()
        let number = Int(truncatingIfNeeded: tag >> 3)
        try require(tag >> 3 > 0 && tag >> 3 < 1 << 29, .badFile, "corrupt at byte \(start): field number \(tag >> 3)")
        switch tag & 7 {
        case 0:
            let value = try varint()
            return Field(number: number, kind: .varint, value: value, range: start..<start, start: start)
        case 1:
            let value: UInt64 = try fixed()
            return Field(
                number: number, kind: .fixed64, value: UInt64(littleEndian: value), range: start..<start, start: start)
        case 2:
            let count = try varint()
            try require(
                count <= UInt64(end - position), .badFile,
                "truncated or corrupt: \(count) bytes wanted at byte \(position), \(end - position) are there")
            let range = position..<position + Int(count)
            position = range.upperBound
            return Field(number: number, kind: .bytes, value: 0, range: range, start: start)
        case 5:
            let value: UInt32 = try fixed()
            return Field(
                number: number, kind: .fixed32, value: UInt64(UInt32(littleEndian: value)), range: start..<start,
                start: start)
        default:
            throw KingletError(.badFile, "corrupt at byte \(start): wire type \(tag & 7)")
        }
    }

    private mutating func varint() throws(KingletError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            try require(position < end, .badFile, "truncated or corrupt: a number ends at byte \(position)")
            let byte = storage.base.load(fromByteOffset: position, as: UInt8.self)
            position += 1
            try require(
                shift < 63 || byte <= 1, .badFile, "corrupt: the number before byte \(position) has more than 64 bits")
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    private mutating func fixed<T: FixedWidthInteger & BitwiseCopyable>() throws(KingletError) -> T {
        let size = MemoryLayout<T>.size
        try require(end - position >= size, .badFile, "truncated: a number ends at byte \(end)")
        defer { position += size }
        return storage.base.loadUnaligned(fromByteOffset: position, as: T.self)
    }
}

extension Wire {
    private func expect(_ field: Field, _ kind: Kind) throws(KingletError) {
        try require(
            field.kind == kind, .badFile, "corrupt at byte \(field.start): wrong wire type of field \(field.number)")
    }

    func int(_ field: Field) throws(KingletError) -> Int {
        try expect(field, .varint)
        return Int(clamping: Int64(bitPattern: field.value))
    }

    func float(_ field: Field) throws(KingletError) -> Float {
        try expect(field, .fixed32)
        return Float(bitPattern: UInt32(truncatingIfNeeded: field.value))
    }

    func message(_ field: Field) throws(KingletError) -> Wire {
        try expect(field, .bytes)
        return Wire(storage, field.range)
    }

    func slice(_ field: Field) throws(KingletError) -> Slice {
        try expect(field, .bytes)
        return Slice(storage, field.range)
    }

    /// Text; bytes that are not UTF-8 become U+FFFD.
    func text(_ field: Field) throws(KingletError) -> String { String(decoding: try slice(field).bytes, as: UTF8.self) }

    /// A field as it stands in the file, tag included, to be written back unchanged.
    func whole(_ field: Field) -> Slice { Slice(storage, field.start..<position) }

    /// Appends a repeated integer field, packed or not.
    func append(_ field: Field, to list: inout [Int64]) throws(KingletError) {
        guard field.kind == .bytes else {
            try expect(field, .varint)
            list.append(Int64(bitPattern: field.value))
            return
        }
        var packed = Wire(storage, field.range)
        while packed.position < packed.end { list.append(Int64(bitPattern: try packed.varint())) }
    }

    /// Appends a repeated float field, packed or not.
    func append(_ field: Field, to list: inout [Float]) throws(KingletError) {
        guard field.kind == .bytes else {
            list.append(try float(field))
            return
        }
        var packed = Wire(storage, field.range)
        while packed.position < packed.end {
            let bits: UInt32 = try packed.fixed()
            list.append(Float(bitPattern: UInt32(littleEndian: bits)))
        }
    }

    /// Appends a repeated double field, packed or not.
    func append(_ field: Field, to list: inout [Double]) throws(KingletError) {
        guard field.kind == .bytes else {
            try expect(field, .fixed64)
            list.append(Double(bitPattern: field.value))
            return
        }
        var packed = Wire(storage, field.range)
        while packed.position < packed.end {
            let bits: UInt64 = try packed.fixed()
            list.append(Double(bitPattern: UInt64(littleEndian: bits)))
        }
    }
}
