import ArgumentParser
import Engine
import Tasks

struct DoctorCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Show what this machine has, what Kinglet would use of it, and why.")

    @Option(
        help: ArgumentHelp("Compare this machine with a board, such as rpi4, or a board file.", valueName: "name|file"))
    var board: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func execute() throws(KingletError) {
        let diagnosis = try doctor(board: board).withCameras()
        if json { return say(diagnosis.json.text + "\n") }
        say(tableText(diagnosis.lines.map { [$0.title, $0.text] }))
        if !diagnosis.board.isEmpty { say("\n" + tableText(diagnosis.board)) }
    }
}
