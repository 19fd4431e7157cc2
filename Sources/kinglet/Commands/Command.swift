import ArgumentParser
import CSystem
import Engine

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

/// Standard output, written in large pieces unless somebody is looking.
func say(_ text: String) { write(text, 1) }

/// Standard error.
func complain(_ text: String) { write(text + "\n", 2) }

/// Standard error, without ending the line.
func show(_ text: String) { write(text, 2) }

private func write(_ text: String, _ file: Int32) {
    var text = text
    _ = text.withUTF8 { bytes in bytes.baseAddress.map { ks_write(file, $0, bytes.count) } ?? 0 }
}
