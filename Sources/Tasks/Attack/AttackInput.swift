import Engine
import Vision

/// An image to be attacked: a JPEG file, or a record of a CIFAR file.
public struct AttackInput: Sendable {
    public let name: String
    /// What the result is called, without folder and extension.
    public let stem: String
    /// The class that a CIFAR record says it is.
    public let label: Int?
    private let record: (data: Dataset, index: Int)?

    /// All that `paths` stand for: JPEG files, folders of them, and CIFAR files (`.bin`).
    public static func all(_ paths: [String], limit: Int?) throws(KingletError) -> [AttackInput] {
        var inputs: [AttackInput] = []
        for path in paths {
            if path.hasSuffix(".bin") {
                let data = try Dataset(path)
                for i in 0..<min(data.count, limit ?? data.count) {
                    inputs.append(
                        AttackInput(
                            name: data.name(i), stem: stem(path) + "-\(i)", label: data.label(i), record: (data, i)))
                }
            } else {
                for file in try imageFiles(path) {
                    inputs.append(AttackInput(name: file, stem: stem(file), label: nil, record: nil))
                }
            }
        }
        return unique(Array(inputs.prefix(limit ?? inputs.count)))
    }

    /// The pixels that an input of `layout` shows of it, with what was wrong with its file.
    func pixels(_ preprocess: Preprocess, _ layout: Layout) throws(KingletError) -> (bytes: [UInt8], warning: String?) {
        let picture: Picture
        if let record {
            picture = try record.data.picture(record.index, preprocess, for: layout)
        } else {
            let file = try readInput(name)
            picture = try preprocess.decode(UnsafeRawBufferPointer(start: file.base, count: file.bytes), for: layout)
        }
        var bytes = [UInt8](repeating: 0, count: layout.size.count * layout.channels)
        let storage = try Storage(bytes: bytes.count)
        try preprocess.pixels(picture, for: layout, to: storage.base.assumingMemoryBound(to: UInt8.self))
        for i in bytes.indices { bytes[i] = storage.base.load(fromByteOffset: i, as: UInt8.self) }
        return (bytes, picture.warning)
    }

    private static func stem(_ path: String) -> String {
        if path == "-" { return "stdin" }
        let file = path.split(separator: "/").last.map(String.init) ?? "image"
        return file.lastIndex(of: ".").flatMap { $0 > file.startIndex ? String(file[..<$0]) : nil } ?? file
    }

    /// Files of the same name from different folders get numbers.
    private static func unique(_ inputs: [AttackInput]) -> [AttackInput] {
        var taken: Set<String> = ["sheet"]
        return inputs.map { input in
            var (stem, n) = (input.stem, 1)
            while !taken.insert(stem).inserted {
                n += 1
                stem = input.stem + "-\(n)"
            }
            return AttackInput(name: input.name, stem: stem, label: input.label, record: input.record)
        }
    }
}
