import Engine

/// A command line that a syntax does not allow.
struct WrongUsage: Error {
    let message: String
    let syntax: Syntax
    /// What the message is about.
    var about: String?

    var text: String {
        var text = "Error: \(message)\n"
        if let about { text += "Help:  \(about)\n" }
        return text + "Usage: \(syntax.usage)\n  See 'kinglet \(syntax.command) --help' for more information."
    }
}

/// The words of a command line, sorted by a syntax. Options may stand anywhere, as `--name value`, `--name=value`,
/// `-k value`; after `--` all words are positional; of an option given twice the last counts.
struct Arguments {
    let syntax: Syntax
    /// In the order given; `name` as it was spelled.
    private var given: [(flag: Int, name: String, value: String)] = []
    private(set) var words: [String] = []
    private(set) var wantsHelp = false

    init(_ syntax: Syntax, _ list: ArraySlice<String>) throws(WrongUsage) {
        self.syntax = syntax
        var rest = list
        var onlyWords = false
        while let word = rest.popFirst() {
            if onlyWords || word == "-" || word.utf8.first != UInt8(ascii: "-") {
                words.append(word)
            } else if word == "--" {
                onlyWords = true
            } else if word == "-h" || word == "--help" {
                wantsHelp = true
                return
            } else {
                try option(word, &rest)
            }
        }
        try checkWords()
        for flag in syntax.flags where flag.required && value(flag.long) == nil {
            throw WrongUsage(
                message: "Missing expected argument '\(flag.spelled(flag.long))'", syntax: syntax, about: help(flag))
        }
    }

    private mutating func option(_ word: String, _ rest: inout ArraySlice<String>) throws(WrongUsage) {
        var (name, inline) = (word, String?.none)
        if let equals = word.utf8.firstIndex(of: UInt8(ascii: "=")) {
            (name, inline) = (String(word[..<equals]), String(word[word.utf8.index(after: equals)...]))
        }
        guard let i = syntax.flags.firstIndex(where: { $0.names.contains(name) }) else {
            throw WrongUsage(message: "Unknown option '\(name)'", syntax: syntax)
        }
        let flag = syntax.flags[i]
        if flag.value == nil {
            if let inline {
                throw WrongUsage(
                    message: "The option '\(name)' does not take any value, but '\(inline)' was specified.",
                    syntax: syntax)
            }
            given.append((i, name, ""))
        } else if let inline {
            given.append((i, name, inline))
        } else if let next = rest.first, next == "-" || next.utf8.first != UInt8(ascii: "-") {
            rest.removeFirst()
            given.append((i, name, next))
        } else {
            throw WrongUsage(message: "Missing value for '\(flag.spelled(name))'", syntax: syntax, about: help(flag))
        }
    }

    private func help(_ flag: Flag) -> String { "\(flag.spelled(flag.names[0]))  \(flag.help)" }

    private func checkWords() throws(WrongUsage) {
        for (i, word) in syntax.words.enumerated() where i >= words.count && !word.optional {
            throw WrongUsage(
                message: "Missing expected argument '\(word.text)'", syntax: syntax,
                about: "<\(word.name)>  \(word.help)")
        }
        if words.count > syntax.words.count && syntax.words.last?.many != true {
            throw WrongUsage(message: "Unexpected argument '\(words[syntax.words.count])'", syntax: syntax)
        }
    }

    func has(_ long: String) -> Bool { given.contains { syntax.flags[$0.flag].long == long } }

    func value(_ long: String) -> String? { given.last { syntax.flags[$0.flag].long == long }?.value }

    func values(_ long: String) -> [String] { given.filter { syntax.flags[$0.flag].long == long }.map { $0.value } }

    func int(_ long: String) throws(WrongUsage) -> Int? { try number(long) { Int($0) } }

    func uint64(_ long: String) throws(WrongUsage) -> UInt64? { try number(long) { UInt64($0) } }

    func double(_ long: String) throws(WrongUsage) -> Double? { try number(long) { Double($0) } }

    private func number<T>(_ long: String, _ parse: (String) -> T?) throws(WrongUsage) -> T? {
        guard let last = given.last(where: { syntax.flags[$0.flag].long == long }) else { return nil }
        guard let value = parse(last.value) else { throw invalid(last.value, last.flag, last.name, "") }
        return value
    }

    /// The value of an option that takes one of two words.
    func choice(_ long: String, _ first: String, _ second: String) throws(WrongUsage) -> String? {
        guard let last = given.last(where: { syntax.flags[$0.flag].long == long }) else { return nil }
        if last.value == first || last.value == second { return last.value }
        throw invalid(last.value, last.flag, last.name, ". Please provide one of '\(first)' and '\(second)'.")
    }

    private func invalid(_ value: String, _ flag: Int, _ name: String, _ end: String) -> WrongUsage {
        let flag = syntax.flags[flag]
        return WrongUsage(
            message: "The value '\(value)' is invalid for '\(flag.spelled(name))'\(end)", syntax: syntax,
            about: help(flag))
    }
}
