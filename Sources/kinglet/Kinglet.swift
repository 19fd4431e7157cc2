import ArgumentParser

@main
struct Kinglet: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Classify camera images on the board itself.")
}
