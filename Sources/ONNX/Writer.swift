import Engine

/// Writes protobuf from the last byte to the first, so that a message's length is known when its turn comes and
/// every byte is copied once. Calls therefore run from the last field to the first.
struct Writer {
    /// Nil: only counts.
    private let base: UnsafeMutableRawPointer?
    private var position: Int

    /// What `write` writes, in storage of exactly the right size.
    static func storage(_ write: (inout Writer) -> Void) throws(KingletError) -> Storage {
        var counter = Writer(base: nil, position: 0)
        write(&counter)
        let storage = try Storage(bytes: -counter.position)
        var writer = Writer(base: storage.base, position: storage.bytes)
        write(&writer)
        assert(writer.position == 0)
        return storage
    }

    private init(base: UnsafeMutableRawPointer?, position: Int) {
        self.base = base
        self.position = position
    }

    /// Bytes without a tag.
    mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        position -= bytes.count
        if let base, let source = bytes.baseAddress {
            (base + position).copyMemory(from: source, byteCount: bytes.count)
        }
    }

    private mutating func varint(_ value: UInt64) {
        var count = 1
        while count < 10 && value >> UInt64(7 * count) != 0 { count += 1 }
        position -= count
        guard let base else { return }
        for i in 0..<count {
            let bits = UInt8(truncatingIfNeeded: value >> UInt64(7 * i)) & 0x7f
            base.storeBytes(of: i == count - 1 ? bits : bits | 0x80, toByteOffset: position + i, as: UInt8.self)
        }
    }

    private mutating func tag(_ number: Int, _ kind: Int) { varint(UInt64(number << 3 | kind)) }

    mutating func int(_ number: Int, _ value: Int) {
        varint(UInt64(bitPattern: Int64(value)))
        tag(number, 0)
    }

    mutating func float(_ number: Int, _ value: Float) {
        fixed(value)
        tag(number, 5)
    }

    private mutating func fixed(_ value: Float) {
        position -= 4
        base?.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: position, as: UInt32.self)
    }

    mutating func bytes(_ number: Int, _ bytes: UnsafeRawBufferPointer) {
        raw(bytes)
        varint(UInt64(bytes.count))
        tag(number, 2)
    }

    mutating func text(_ number: Int, _ text: String) {
        var copy = text
        copy.withUTF8 { bytes(number, UnsafeRawBufferPointer($0)) }
    }

    /// Text that protobuf leaves out where it is empty.
    mutating func optional(_ number: Int, _ value: String) { if !value.isEmpty { text(number, value) } }

    mutating func message(_ number: Int, _ write: (inout Writer) -> Void) {
        let end = position
        write(&self)
        varint(UInt64(end - position))
        tag(number, 2)
    }

    mutating func ints(_ number: Int, _ list: [Int]) {
        message(number) { writer in
            for value in list.reversed() { writer.varint(UInt64(bitPattern: Int64(value))) }
        }
    }

    mutating func floats(_ number: Int, _ list: [Float]) {
        message(number) { writer in
            for value in list.reversed() { writer.fixed(value) }
        }
    }

    /// Fields kept as they stood in the file.
    mutating func kept(_ fields: [Slice]) { for field in fields.reversed() { raw(field.bytes) } }
}
