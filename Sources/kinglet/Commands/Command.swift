import ArgumentParser
import Engine
import Tasks

/// A command whose errors are Kinglet's own: they end with their exit code and one message on standard error.
protocol Command: ParsableCommand {
    func execute() throws(KingletError)
}

extension Command {
    func run() throws {
        do { try execute() } catch {
            complain("kinglet: " + error.description)
            throw ExitCode(error.exitCode)
        }
    }
}
