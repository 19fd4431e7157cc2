import Engine

/// Labelled pictures: an image folder, or CIFAR binary files.
public struct Dataset: Sendable {
    public enum Part: Sendable {
        case train
        case val
        case all
    }

    private enum Source: Sendable {
        case folder(ImageFolder)
        case cifar(CIFAR)
    }

    private let source: Source

    /// `path` is a folder of classes, a folder of CIFAR files, or one CIFAR file.
    public init(_ path: String, _ part: Part = .all, seed: UInt64 = 0) throws(KingletError) {
        guard try Folder.isFolder(path) else {
            source = .cifar(try CIFAR([path]))
            return
        }
        var files: [String] = []
        for entry in try Folder.entries(path) where !entry.isFolder && CIFAR.isNamed(entry.name) {
            let isVal = entry.name.utf8.starts(with: "test".utf8)
            if part == .all || isVal == (part == .val) { files.append(Folder.join(path, entry.name)) }
        }
        source = files.isEmpty ? .folder(try ImageFolder(path, part, seed: seed)) : .cifar(try CIFAR(files))
    }

    public var labels: [String] {
        switch source {
        case .folder(let folder): folder.labels
        case .cifar(let cifar): cifar.labels
        }
    }

    public var count: Int {
        switch source {
        case .folder(let folder): folder.files.count
        case .cifar(let cifar): cifar.count
        }
    }

    /// The class of picture `i`, an index into `labels`.
    public func label(_ i: Int) -> Int {
        switch source {
        case .folder(let folder): folder.classes[i]
        case .cifar(let cifar): cifar.label(i)
        }
    }

    /// What to call picture `i` in a message.
    public func name(_ i: Int) -> String {
        switch source {
        case .folder(let folder): folder.files[i]
        case .cifar: "record \(i)"
        }
    }

    /// Picture `i`, ready for `Preprocess.write`.
    public func picture(_ i: Int, _ preprocess: Preprocess, for layout: Layout) throws(KingletError) -> Picture {
        switch source {
        case .folder(let folder):
            let file = try Storage(file: folder.files[i])
            let bytes = UnsafeRawBufferPointer(start: file.base, count: file.bytes)
            do {
                return try preprocess.decode(bytes, for: layout)
            } catch {
                throw error.at(folder.files[i])
            }
        case .cifar(let cifar):
            return try preprocess.picture(try cifar.image(i), for: layout)
        }
    }
}
