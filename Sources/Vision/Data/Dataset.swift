import Engine

/// Labelled pictures: an image folder, or CIFAR binary files.
public struct Dataset: Sendable {
    public enum Part: Sendable {
        case train
        case val
        case all
    }

    /// Which part a picture was put into by whoever made the data.
    public enum Origin: UInt8, Sendable {
        /// None: all the data is in one heap.
        case given
        case train
        case val
        case test
    }

    private enum Source: Sendable {
        case folder(ImageFolder)
        case cifar(CIFAR)
    }

    private let source: Source
    private var parted = false

    /// `path` is a folder of classes, a folder of CIFAR files, or one CIFAR file.
    public init(_ path: String, _ part: Part = .all, seed: UInt64 = 0) throws(KingletError) {
        guard try Folder.isFolder(path) else {
            source = .cifar(try CIFAR([path]))
            return
        }
        var files: [String] = []
        var (tests, others) = (0, 0)
        for entry in try Folder.entries(path) where !entry.isFolder && CIFAR.isNamed(entry.name) {
            let isVal = CIFAR.isTest(entry.name)
            if part == .all || isVal == (part == .val) { files.append(Folder.join(path, entry.name)) }
            if isVal { tests += 1 } else { others += 1 }
        }
        parted = tests > 0 && others > 0
        source = files.isEmpty ? .folder(try ImageFolder(path, part, seed: seed)) : .cifar(try CIFAR(files))
    }

    /// Names of the classes.
    public var labels: [String] {
        switch source {
        case .folder(let folder): folder.labels
        case .cifar(let cifar): cifar.names
        }
    }

    /// Whether `labels` are names that the data gives, and not just numbers.
    public var named: Bool {
        switch source {
        case .folder: true
        case .cifar(let cifar): cifar.named
        }
    }

    public var count: Int {
        switch source {
        case .folder(let folder): folder.files.count
        case .cifar(let cifar): cifar.labels.count
        }
    }

    /// The class of picture `i`, an index into `labels`.
    public func label(_ i: Int) -> Int {
        switch source {
        case .folder(let folder): folder.classes[i]
        case .cifar(let cifar): Int(cifar.labels[i])
        }
    }

    /// Files of CIFAR whose name begins with test are its test part, if there are others.
    public func origin(_ i: Int) -> Origin {
        switch source {
        case .folder(let folder): folder.origins[i]
        case .cifar(let cifar): parted ? (cifar.isTest(i) ? .test : .train) : .given
        }
    }

    /// What to call picture `i` in a message.
    public func name(_ i: Int) -> String {
        switch source {
        case .folder(let folder): folder.files[i]
        case .cifar(let cifar): cifar.name(i)
        }
    }

    /// Picture `i`, ready for `Preprocess.write`.
    public func picture(
        _ i: Int, _ preprocess: Preprocess, for layout: Layout, limits: JPEG.Limits = JPEG.Limits()
    ) throws(KingletError) -> Picture {
        switch source {
        case .folder(let folder):
            let file = try Storage(file: folder.files[i])
            let bytes = UnsafeRawBufferPointer(start: file.base, count: file.bytes)
            do {
                return try preprocess.decode(bytes, for: layout, limits: limits)
            } catch {
                throw error.at(folder.files[i])
            }
        case .cifar(let cifar):
            return try preprocess.picture(try cifar.image(i), for: layout)
        }
    }
}
