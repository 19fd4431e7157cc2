import CSystem
import Engine
import Vision

/// Writes results of an attack: one PNG for each image, or `images.npy` with the floats of all; and `sheet.png` with the
/// first of them side by side. What a second model was attacked with goes beside it, as `NAME.versus.png` and
/// `images.versus.npy`.
public struct AttackFiles {
    private let folder: String
    private let size: Size
    private let channels: Int
    private let rows: Int
    private let grid: Bool
    private let names: [String]
    private var sheet: [[Sheet.Attacked]] = []
    /// Floats of the model's images, and of a second model's.
    private var exact: [[Float]] = [[], []]

    /// `rows` images at most are on the sheet; `grid`: results are whole numbers; `names` of two models, if there are two.
    public init(
        _ folder: String, _ attacker: Attacker, grid: Bool, rows: Int, names: [String] = []
    ) throws(KingletError) {
        (self.folder, size, channels) = (folder, attacker.size, attacker.channels)
        (self.grid, self.rows, self.names) = (grid, rows, names)
        let status = folder.withCString { ks_make_folders($0) }
        try require(
            status == 0, .resource, "cannot make folder '\(folder)': \(String(cString: ks_error(status)))")
    }

    /// The paths of the files that have the adversarial image; the second is that of the second model.
    public mutating func write(_ images: [AttackedImage]) throws(KingletError) -> [String] {
        if sheet.count < rows { sheet.append(images.map(row)) }
        var paths: [String] = []
        for (m, image) in images.enumerated() {
            guard grid else {
                exact[m] += image.exact
                paths.append(numbers(m))
                continue
            }
            let path = self.path(image.input.stem + suffix(m) + ".png")
            let bytes = image.adversarial.withUnsafeBufferPointer { bytes in
                bytes.baseAddress.map { PNG.encode($0, size, channels: channels) } ?? []
            }
            try writeFile(bytes, to: path)
            paths.append(path)
        }
        return paths
    }

    private func row(_ image: AttackedImage) -> Sheet.Attacked {
        func said(_ p: AttackedImage.Prediction) -> String {
            p.label + " " + decimals(Double(100 * p.probability), 0) + "%"
        }
        return Sheet.Attacked(
            original: image.original, adversarial: image.adversarial,
            captions: [said(image.before), "x10, \(image.largest)/255", said(image.after)])
    }

    private func suffix(_ m: Int) -> String { m == 0 ? "" : ".versus" }
    private func path(_ name: String) -> String { folder.hasSuffix("/") ? folder + name : folder + "/" + name }
    private func numbers(_ m: Int) -> String { path("images" + suffix(m) + ".npy") }

    /// The path of the sheet; nil if there is none.
    public func finish() throws(KingletError) -> String? {
        for (m, floats) in exact.enumerated() where !floats.isEmpty {
            let count = floats.count / (size.count * channels)
            let type = TensorType(.f32, [count, size.height, size.width, channels])
            let file = floats.withUnsafeBytes { raw in raw.baseAddress.map { Npy.bytes(type, $0) } ?? [] }
            try writeFile(file, to: numbers(m))
        }
        guard !sheet.isEmpty else { return nil }
        let path = self.path("sheet.png")
        try writeFile(PNG.encode(try Sheet(size, channels: channels, names: names).draw(sheet)), to: path)
        return path
    }
}
