import CSystem
import Engine
import Vision

/// Writes results of an attack: one PNG for each image, or `images.npy` with the floats of all; and `sheet.png` with the
/// first of them side by side.
public struct AttackFiles {
    private let folder: String
    private let size: Size
    private let channels: Int
    private let rows: Int
    private let grid: Bool
    private var sheet: [Sheet.Row] = []
    private var exact: [Float] = []

    /// `rows` images at most are on the sheet; `grid`: results are whole numbers.
    public init(_ folder: String, _ attacker: Attacker, grid: Bool, rows: Int) throws(KingletError) {
        (self.folder, size, channels) = (folder, attacker.size, attacker.channels)
        (self.grid, self.rows) = (grid, rows)
        let status = folder.withCString { ks_make_folders($0) }
        try require(
            status == 0, .resource, "cannot make folder '\(folder)': \(String(cString: ks_error(status)))")
    }

    /// The path of the file that has the adversarial image.
    public mutating func write(_ image: AttackedImage) throws(KingletError) -> String {
        if sheet.count < rows {
            func said(_ p: AttackedImage.Prediction) -> String {
                p.label + " " + decimals(Double(100 * p.probability), 0) + "%"
            }
            sheet.append(
                Sheet.Row(
                    original: image.original, adversarial: image.adversarial,
                    captions: [said(image.before), "x10, \(image.largest)/255", said(image.after)]))
        }
        guard grid else {
            exact += image.exact
            return numbers
        }
        let path = self.path(image.input.stem + ".png")
        let bytes = image.adversarial.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { PNG.encode($0, size, channels: channels) } ?? []
        }
        try writeFile(bytes, to: path)
        return path
    }

    private func path(_ name: String) -> String { folder.hasSuffix("/") ? folder + name : folder + "/" + name }
    private var numbers: String { path("images.npy") }

    /// The path of the sheet; nil if there is none.
    public func finish() throws(KingletError) -> String? {
        if !exact.isEmpty {
            let count = exact.count / (size.count * channels)
            let type = TensorType(.f32, [count, size.height, size.width, channels])
            let file = exact.withUnsafeBytes { raw in raw.baseAddress.map { Npy.bytes(type, $0) } ?? [] }
            try writeFile(file, to: numbers)
        }
        guard !sheet.isEmpty else { return nil }
        let path = self.path("sheet.png")
        try writeFile(PNG.encode(try Sheet(size, channels: channels).draw(sheet)), to: path)
        return path
    }
}
