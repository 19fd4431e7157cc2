/// An option of a command, as `--help` tells it and errors call it.
struct Flag {
    /// All its names, the long one last.
    let names: [String]
    /// What its value is called; nil if it takes none.
    let value: String?
    let help: String
    var required = false

    init(_ names: String..., value: String? = nil, required: Bool = false, help: String) {
        (self.names, self.value, self.help, self.required) = (names, value, help, required)
    }

    /// `--batch`
    var long: String { names[names.count - 1] }

    /// A name with the value that follows it: `-k <n>`.
    func spelled(_ name: String) -> String { name + (value.map { " <\($0)>" } ?? "") }
}

/// A word without dashes.
struct Positional {
    let name: String
    let help: String
    var optional = false
    /// It and all that follow.
    var many = false

    /// `[<model>]`, `<input> ...`
    var text: String {
        let word = "<\(name)>" + (many ? " ..." : "")
        return optional ? "[\(word)]" : word
    }
}

/// What a command takes.
struct Syntax {
    let command: String
    let abstract: String
    let words: [Positional]
    let flags: [Flag]

    /// `kinglet evaluate [<options>] <model> <data>`
    var usage: String {
        var parts = ["kinglet", command]
        // Few options are listed, as the large executable does.
        let few = flags.count <= 12
        if !few { parts.append("[<options>]") }
        parts += words.map { $0.text }
        for flag in flags where few || flag.required {
            let text = flag.spelled(flag.long)
            parts.append(flag.required ? text : "[\(text)]")
        }
        return parts.joined(separator: " ")
    }

    var help: String {
        var text = "OVERVIEW: \(abstract)\n\nUSAGE: \(usage)\n"
        if !words.isEmpty { text += "\nARGUMENTS:\n" + words.map { Syntax.row("<\($0.name)>", $0.help) }.joined() }
        text += "\nOPTIONS:\n"
        for flag in flags { text += Syntax.row(flag.spelled(flag.names.joined(separator: ", ")), flag.help) }
        return text + Syntax.row("-h, --help", "Show help information.") + "\n"
    }

    /// `left` in a column of 24, `right` beside it.
    static func row(_ left: String, _ right: String) -> String {
        let space = String(repeating: " ", count: max(1, 24 - left.utf8.count))
        return "  \(left)\(space)\(right)\n"
    }
}
