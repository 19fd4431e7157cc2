/// A value that an ONNX node carries.
public enum Attribute: Sendable {
    case int(Int)
    case float(Float)
    case string(String)
    case ints([Int])
    case floats([Float])
    case strings([String])
    case tensor(Tensor)
}

/// The attributes of one node, by name.
public struct Attributes: Sendable {
    public var entries: [String: Attribute]

    public init(_ entries: [String: Attribute] = [:]) { self.entries = entries }

    public subscript(_ name: String) -> Attribute? {
        get { entries[name] }
        set { entries[name] = newValue }
    }

    public func int(_ name: String, _ fallback: Int) throws(KingletError) -> Int {
        guard let entry = entries[name] else { return fallback }
        guard case .int(let value) = entry else { throw wrong(name, "an integer") }
        return value
    }

    public func float(_ name: String, _ fallback: Float) throws(KingletError) -> Float {
        guard let entry = entries[name] else { return fallback }
        guard case .float(let value) = entry else { throw wrong(name, "a float") }
        return value
    }

    public func string(_ name: String, _ fallback: String) throws(KingletError) -> String {
        guard let entry = entries[name] else { return fallback }
        guard case .string(let value) = entry else { throw wrong(name, "a string") }
        return value
    }

    public func ints(_ name: String) throws(KingletError) -> [Int]? {
        guard let entry = entries[name] else { return nil }
        guard case .ints(let value) = entry else { throw wrong(name, "a list of integers") }
        return value
    }

    public func tensor(_ name: String) throws(KingletError) -> Tensor? {
        guard let entry = entries[name] else { return nil }
        guard case .tensor(let value) = entry else { throw wrong(name, "a tensor") }
        return value
    }

    private func wrong(_ name: String, _ wanted: String) -> KingletError {
        KingletError(.badFile, "attribute '\(name)' is not \(wanted)")
    }
}
