import Engine
import Tasks

let version = "0.1.0"
let commands = [classifyCommand, inspectCommand, benchCommand, finetuneCommand, evaluateCommand]

private let overview = """
    OVERVIEW: Classify camera images on the board itself: one executable, one .onnx
    file. This is the small kinglet, for 32-bit boards and small ones: JPEG files in,
    no cameras, no server.

    USAGE: kinglet <subcommand>

    SUBCOMMANDS:

    """

/// Where the executable starts.
@_cdecl("main")
public func main(_ count: Int32, _ list: UnsafePointer<UnsafePointer<CChar>>) -> Int32 {
    let words = (1..<max(1, Int(count))).map { String(cString: list[$0]) }
    guard let name = words.first, name != "--help", name != "-h", name != "help" else {
        say(
            overview + commands.map { Syntax.row($0.syntax.command, $0.syntax.abstract) }.joined()
                + "\n  See 'kinglet <subcommand> --help' for its options.\n")
        return 0
    }
    if name == "--version" {
        say(version + "\n")
        return 0
    }
    guard let command = commands.first(where: { $0.syntax.command == name }) else {
        complain(
            "Error: Unexpected argument '\(name)'\nUsage: kinglet <subcommand>\n"
                + "  See 'kinglet --help' for more information.")
        return 64
    }
    do {
        let arguments = try read { () throws(WrongUsage) in try Arguments(command.syntax, words.dropFirst()) }
        if arguments.wantsHelp {
            say(command.syntax.help)
            return 0
        }
        return try command.run(arguments)
    } catch {
        switch error {
        case .usage(let wrong):
            complain(wrong.text)
            return 64
        case .task(let error):
            complain("kinglet: " + error.description)
            return error.exitCode
        }
    }
}
