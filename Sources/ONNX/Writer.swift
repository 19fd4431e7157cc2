import CSystem
import Engine

/// Writes protobuf from the last byte to the first, so that a message's length is known when its turn comes and
/// every byte is copied once. Calls therefore run from the last field to the first.
struct Writer {
    /// Nil: only counts.
    private let base: UnsafeMutableRawPointer?
    private var position: Int
    /// The bytes for which there is room at `base`; of a file those that come next.
    private var window: Range<Int>
    private let file: Int32?
    /// Of writing to the file.
    private var status: Int32 = 0
    private static let room = 1 << 16

    /// What `write` writes, in storage of exactly the right size.
    static func storage(_ write: (inout Writer) -> Void) throws(KingletError) -> Storage {
        let storage = try Storage(bytes: count(write))
        var writer = Writer(storage.base, 0..<storage.bytes)
        write(&writer)
        assert(writer.position == 0)
        return storage
    }

    /// Writes it to a file without holding it in memory; 0 or -errno.
    static func write(to path: String, _ write: (inout Writer) -> Void) throws(KingletError) -> Int32 {
        let (count, buffer) = (count(write), try Storage(bytes: room))
        return path.withCString { name in
            let file = ks_begin_file(name)
            if file < 0 { return file }
            var writer = Writer(buffer.base, max(count - room, 0)..<count, file)
            write(&writer)
            writer.flush()
            assert(writer.position == 0)
            return ks_end_file(name, file, writer.status)
        }
    }

    private static func count(_ write: (inout Writer) -> Void) -> Int {
        var counter = Writer(nil, 0..<0)
        write(&counter)
        return -counter.position
    }

    private init(_ base: UnsafeMutableRawPointer?, _ window: Range<Int>, _ file: Int32? = nil) {
        (self.base, self.window, self.file) = (base, window, file)
        position = window.upperBound
    }

    /// Brings what lies behind `position` to the file.
    private mutating func flush() {
        if let base, let file, status == 0 {
            status = ks_write_at(
                file, UInt64(position), base + (position - window.lowerBound), window.upperBound - position)
        }
        window = max(position - Writer.room, 0)..<position
    }

    /// Room for `count` bytes before those that are there; nil if they only count.
    private mutating func claim(_ count: Int) -> UnsafeMutableRawPointer? {
        if file != nil && position - count < window.lowerBound { flush() }
        position -= count
        return base.map { $0 + (position - window.lowerBound) }
    }

    /// Bytes without a tag.
    mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        if let file, bytes.count > Writer.room {
            flush()
            position -= bytes.count
            if status == 0 { status = ks_write_at(file, UInt64(position), source, bytes.count) }
            window = max(position - Writer.room, 0)..<position
        } else {
            claim(bytes.count)?.copyMemory(from: source, byteCount: bytes.count)
        }
    }

    private mutating func varint(_ value: UInt64) {
        var count = 1
        while count < 10 && value >> UInt64(7 * count) != 0 { count += 1 }
        guard let to = claim(count) else { return }
        for i in 0..<count {
            let bits = UInt8(truncatingIfNeeded: value >> UInt64(7 * i)) & 0x7f
            to.storeBytes(of: i == count - 1 ? bits : bits | 0x80, toByteOffset: i, as: UInt8.self)
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
        claim(4)?.storeBytes(of: value.bitPattern.littleEndian, as: UInt32.self)
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
