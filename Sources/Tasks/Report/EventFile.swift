import CSystem
import Engine

/// A file of scalars over steps that TensorBoard reads: records of protobuf `Event`, each framed by its length and two
/// masked CRC-32C. Every run has a file of its own, and every write is on disk when it returns.
public struct EventFile {
    public let path: String

    /// In `folder`, which is made if it is not there.
    public init(folder: String) throws(KingletError) {
        var stamp = String(ks_wall() / 1_000_000_000)
        while stamp.utf8.count < 10 { stamp = "0" + stamp }
        let made = ks_make_folders(folder)
        try require(made == 0, .badFile, "cannot make '\(folder)': \(String(cString: ks_error(made)))")
        path =
            folder + (folder.hasSuffix("/") ? "" : "/")
            + "events.out.tfevents.\(stamp).kinglet.\(ks_wall() % 1_000_000)"
        // Event.file_version = 3
        try append(event(Message.text(3, "brain.Event:2")))
    }

    /// Values named by `tag`, such as accuracy/clean, at `step`.
    public func write(_ values: [(tag: String, value: Double)], step: Int) throws(KingletError) {
        var summary: [UInt8] = []
        for (tag, value) in values {
            // Summary.Value: tag = 1, simple_value = 2; Summary.value = 1
            summary += Message.bytes(1, Message.text(1, tag) + Message.float(2, Float(value)))
        }
        // Event: step = 2, summary = 5
        try append(event(Message.int(2, UInt64(max(step, 0))) + Message.bytes(5, summary)))
    }

    /// What was measured at `point`, with thousandths of an epoch as steps.
    public func write(_ point: Report.Point) throws(KingletError) {
        let all = [
            ("rate", point.rate), ("loss", point.loss), ("accuracy/clean", point.clean),
            ("accuracy/robust", point.robust),
        ]
        let values = all.compactMap { tag, value in value.map { (tag: tag, value: $0) } }
        if !values.isEmpty { try write(values, step: Int((point.epoch * 1000).rounded())) }
    }

    /// Event.wall_time = 1, in seconds.
    private func event(_ fields: [UInt8]) -> [UInt8] { Message.double(1, Double(ks_wall()) / 1e9) + fields }

    private func append(_ record: [UInt8]) throws(KingletError) {
        let length = Message.little(UInt64(record.count), 8)
        let framed =
            length + Message.little(UInt64(masked(length)), 4) + record
            + Message.little(UInt64(masked(record)), 4)
        let status = ks_append_file(path, framed, framed.count)
        try require(status == 0, .badFile, "cannot write '\(path)': \(String(cString: ks_error(status)))")
    }
}

/// Fields of a protobuf message.
private enum Message {
    static func double(_ field: UInt64, _ value: Double) -> [UInt8] {
        varint(field << 3 | 1) + little(value.bitPattern, 8)
    }

    static func float(_ field: UInt64, _ value: Float) -> [UInt8] {
        varint(field << 3 | 5) + little(UInt64(value.bitPattern), 4)
    }

    static func int(_ field: UInt64, _ value: UInt64) -> [UInt8] { varint(field << 3) + varint(value) }

    static func text(_ field: UInt64, _ value: String) -> [UInt8] { bytes(field, Array(value.utf8)) }

    static func bytes(_ field: UInt64, _ value: [UInt8]) -> [UInt8] {
        varint(field << 3 | 2) + varint(UInt64(value.count)) + value
    }

    static func little(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var (out, rest) = ([UInt8](), value)
        while rest >= 128 {
            out.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        return out + [UInt8(rest)]
    }
}

/// CRC-32C (Castagnoli), turned and shifted as the TFRecord format wants it.
private func masked(_ bytes: [UInt8]) -> UInt32 {
    var c = UInt32.max
    for byte in bytes {
        c ^= UInt32(byte)
        for _ in 0..<8 { c = c & 1 == 1 ? 0x82F6_3B78 ^ (c >> 1) : c >> 1 }
    }
    c = ~c
    return (c >> 15 | c << 17) &+ 0xA282_EAD8
}
