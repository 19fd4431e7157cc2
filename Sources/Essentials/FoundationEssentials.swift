// Stands in for FoundationEssentials in the executable that is shipped. ArgumentParser asks that module for one protocol
// and for JSON (of `--experimental-dump-help`), and the linker then brings five megabytes: calendars, attributed strings,
// regular expressions. `scripts/small.sh` builds this under the same name and puts it in ArgumentParser's way.

/// An error with a text for people.
public protocol LocalizedError: Error {
    var errorDescription: String? { get }
}

/// The bytes of an encoded value.
public struct Data {
    let text: String
}

extension String {
    public enum Encoding {
        case utf8
    }

    public init?(data: Data, encoding: Encoding) {
        self = data.text
    }
}

/// Values as JSON, indented by two spaces, keys in order.
public final class JSONEncoder {
    public struct OutputFormatting: OptionSet, Sendable {
        public let rawValue: UInt
        public static let prettyPrinted = OutputFormatting(rawValue: 1 << 0)
        public static let sortedKeys = OutputFormatting(rawValue: 1 << 1)

        public init(rawValue: UInt) {
            self.rawValue = rawValue
        }
    }

    /// Both options are always on.
    public var outputFormatting: OutputFormatting = [.prettyPrinted, .sortedKeys]

    public init() {}

    public func encode(_ value: some Encodable) throws -> Data {
        Data(text: try Node(value, at: []).text(indent: ""))
    }
}

/// A JSON value that is being written.
private final class Node: Encoder {
    private enum Content {
        case scalar(String)
        case array([Node])
        case object([String: Node])
    }

    private var content = Content.object([:])
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]

    init(at path: [any CodingKey]) {
        codingPath = path
    }

    convenience init(_ value: some Encodable, at path: [any CodingKey]) throws {
        self.init(at: path)
        try set(value)
    }

    func set(_ value: some Encodable) throws {
        switch value {
        case let text as String: content = .scalar(quoted(text))
        case let flag as Bool: content = .scalar(flag ? "true" : "false")
        case let number as any (BinaryInteger & Encodable): content = .scalar("\(number)")
        case let number as any (BinaryFloatingPoint & Encodable): content = .scalar("\(number)")
        default: try value.encode(to: self)
        }
    }

    func setNil() {
        content = .scalar("null")
    }

    var count: Int {
        if case .array(let nodes) = content { nodes.count } else { 0 }
    }

    func append() -> Node {
        var nodes: [Node] = []
        if case .array(let before) = content { nodes = before }
        let node = Node(at: codingPath)
        content = .array(nodes + [node])
        return node
    }

    func member(_ key: any CodingKey) -> Node {
        var members: [String: Node] = [:]
        if case .object(let before) = content { members = before }
        let node = Node(at: codingPath + [key])
        members[key.stringValue] = node
        content = .object(members)
        return node
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(Members(node: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        content = .array([])
        return Elements(node: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        Scalar(node: self)
    }

    func text(indent: String) -> String {
        let inner = indent + "  "
        func block(_ open: String, _ lines: [String], _ close: String) -> String {
            open + "\n" + (lines.isEmpty ? "" : lines.map { inner + $0 }.joined(separator: ",\n")) + "\n" + indent + close
        }
        return switch content {
        case .scalar(let text): text
        case .array(let nodes): block("[", nodes.map { $0.text(indent: inner) }, "]")
        case .object(let members):
            block(
                "{",
                members.sorted { $0.key < $1.key }.map { quoted($0.key) + " : " + $0.value.text(indent: inner) }, "}")
        }
    }
}

private func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": out += "\\\""
        case "\\": out += "\\\\"
        case "/": out += "\\/"
        case "\n": out += "\\n"
        case "\r": out += "\\r"
        case "\t": out += "\\t"
        case "\0"..<" ": out += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        default: out.unicodeScalars.append(scalar)
        }
    }
    return out + "\""
}

private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: Node
    var codingPath: [any CodingKey] { node.codingPath }

    func encodeNil(forKey key: Key) { node.member(key).setNil() }
    func encode(_ value: some Encodable, forKey key: Key) throws { try node.member(key).set(value) }

    func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type, forKey key: Key) -> KeyedEncodingContainer<Inner> {
        node.member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { node.member(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { node }
    func superEncoder(forKey key: Key) -> any Encoder { node.member(key) }
}

private struct Elements: UnkeyedEncodingContainer {
    let node: Node
    var codingPath: [any CodingKey] { node.codingPath }
    var count: Int { node.count }

    func encodeNil() { node.append().setNil() }
    func encode(_ value: some Encodable) throws { try node.append().set(value) }

    func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) -> KeyedEncodingContainer<Inner> {
        node.append().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { node.append().unkeyedContainer() }
    func superEncoder() -> any Encoder { node.append() }
}

private struct Scalar: SingleValueEncodingContainer {
    let node: Node
    var codingPath: [any CodingKey] { node.codingPath }

    func encodeNil() { node.setNil() }
    func encode(_ value: some Encodable) throws { try node.set(value) }
}
