import ArgumentParser
import Engine
import Tasks

struct DoctorCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Show what this machine has, what Kinglet would use of it, and why.")

    @Flag(help: "Print one JSON object.")
    var json = false

    func execute() throws(KingletError) {
        let diagnosis = doctor()
        say(json ? diagnosis.json.text + "\n" : tableText(diagnosis.lines.map { [$0.title, $0.text] }))
    }
}
