import CSystem
import Engine
import Vision

/// Where board files are found.
extension Board {
    /// The file at a path, or the file of that name in one of the folders that hold boards.
    public init(named name: String) throws(KingletError) {
        let places = name.contains("/") || name.hasSuffix(".env") ? [name] : Board.folders.map { "\($0)/\(name).env" }
        for path in places where path.withCString({ ks_kind($0) }) == Int32(UInt8(ascii: "f")) {
            self = try Board(file: path)
            return
        }
        let known = Board.all.map { $0.name }
        throw KingletError(
            .usage,
            "no board '\(name)': "
                + (known.isEmpty
                    ? "give a board file's path, or run where a folder 'boards' holds it"
                    : "\(known.joined(separator: ", ")), or a board file's path"))
    }

    init(file path: String) throws(KingletError) {
        let file = try Storage(file: path, limit: 1 << 16)
        let text = String(decoding: UnsafeRawBufferPointer(start: file.base, count: file.bytes), as: UTF8.self)
        var name = path.split(separator: "/").last.map { String($0) } ?? path
        if name.hasSuffix(".env") { name.removeLast(4) }
        do { try self.init(text, name: name) } catch { throw error.at(path) }
    }

    /// The board that `KINGLET_BOARD` names or /etc/kinglet/board.env describes; nil if neither is there.
    public static func chosen() throws(KingletError) -> Board? {
        if let name = ks_environment("KINGLET_BOARD"), name.pointee != 0 {
            do { return try Board(named: String(cString: name)) } catch { throw error.at("KINGLET_BOARD") }
        }
        let installed = "/etc/kinglet/board.env"
        return installed.withCString { ks_kind($0) } < 0 ? nil : try Board(file: installed)
    }

    /// The board whose `MODEL` begins what the firmware says this machine is.
    package static func recognised(_ model: String, among boards: [Board]) -> Board? {
        boards.filter { $0.model.map { model.hasPrefix($0) } ?? false }
            .max { ($0.model?.utf8.count ?? 0) < ($1.model?.utf8.count ?? 0) }
    }

    /// Every readable board file, the first of each name.
    static var all: [Board] {
        var boards: [Board] = []
        for folder in folders {
            for entry in (try? Folder.entries(folder)) ?? [] where entry.name.hasSuffix(".env") {
                guard let board = try? Board(file: "\(folder)/\(entry.name)") else { continue }
                if !boards.contains(where: { $0.name == board.name }) { boards.append(board) }
            }
        }
        return boards
    }

    /// ./boards, then where packages put them: beside the executable's folder, or in the usual places.
    private static var folders: [String] {
        let command = String(cString: ks_program())
        let beside = command.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(command[..<$0]) }
        return ["boards"] + (beside.map { ["\($0)/boards", "\($0)/../share/kinglet/boards"] } ?? [])
            + ["/usr/local/share/kinglet/boards", "/usr/share/kinglet/boards"]
    }
}
