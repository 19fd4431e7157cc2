/// What went wrong, as a value: the kind decides the exit code, the path says where.
public struct KingletError: Error, Sendable {
    public enum Kind: Sendable {
        /// Wrong command line or argument.
        case usage
        /// A file that cannot be what it should be: truncated, corrupt, too large.
        case badFile
        case shape
        /// An operator, attribute or format that Kinglet lacks.
        case unsupported
        /// A memory, time or disk limit.
        case resource
        case device
        /// The gate refused the new model.
        case worse
    }

    public let kind: Kind
    public let message: String
    /// Places from the innermost to the outermost, such as `node 'fc1'`, `model a.onnx`.
    public private(set) var path: [String] = []

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The same error, seen from one place further out.
    public func at(_ place: String) -> KingletError {
        var error = self
        error.path.append(place)
        return error
    }

    public var exitCode: Int32 {
        switch kind {
        case .usage: 64
        case .badFile, .shape: 65
        case .unsupported: 69
        case .device: 70
        case .resource: 71
        case .worse: 3
        }
    }

    /// The kind as scripts read it in JSON.
    public var kindName: String {
        switch kind {
        case .usage: "usage"
        case .badFile: "badFile"
        case .shape: "shape"
        case .unsupported: "unsupported"
        case .resource: "resource"
        case .device: "device"
        case .worse: "worse"
        }
    }

    public var description: String {
        var text = message
        for place in path { text += "\n  in " + place }
        return text
    }
}

/// Throws unless `condition` holds.
@inlinable
public func require(
    _ condition: Bool, _ kind: KingletError.Kind = .shape, _ message: @autoclosure () -> String
) throws(KingletError) {
    if !condition { throw KingletError(kind, message()) }
}
