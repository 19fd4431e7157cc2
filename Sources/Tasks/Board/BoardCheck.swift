import CSystem
import Engine

/// What of a machine is as its board's file says.
package struct BoardCheck: Sendable {
    package struct Item: Sendable {
        package let key: String
        package let title: String
        package let expected: String
        package let found: String
        package let holds: Bool
    }
    let board: Board
    package let items: [Item]

    /// What is compared, so that tests need no board.
    package struct Machine: Sendable {
        var model: String?
        var family: String
        var isas: [String]
        var memory: Int?
        var processors: Int
        var kernel: String
        var exists: @Sendable (String) -> Bool

        package init(
            model: String?, family: String, isas: [String], memory: Int?, processors: Int, kernel: String,
            exists: @escaping @Sendable (String) -> Bool
        ) {
            (self.model, self.family, self.isas, self.memory) = (model, family, isas, memory)
            (self.processors, self.kernel, self.exists) = (processors, kernel, exists)
        }
    }

    package init(_ board: Board, on machine: Machine) {
        self.board = board
        var items: [Item] = []
        func add(_ key: String, _ title: String, _ expected: String, _ found: String, _ holds: Bool) {
            items.append(Item(key: key, title: title, expected: expected, found: found, holds: holds))
        }
        if let model = board.model {
            let found = machine.model ?? "unknown"
            add("model", "model", model, found, found.hasPrefix(model))
        }
        // The 32-bit kernel of an ARMv8 processor is fine for an ARMv7 program.
        let same = board.family == machine.family || (board.family.hasPrefix("arm") && machine.family == "arm")
        add("architecture", "architecture", board.family, machine.family, same)
        add(
            "isa", "kernels", board.isas.joined(separator: ", "), machine.isas.joined(separator: ", "),
            board.isas.allSatisfy { machine.isas.contains($0) })
        if let memory = machine.memory {
            // Firmware, kernel and graphics keep up to a quarter of it.
            add("memoryBytes", "memory", bytesText(board.ram), bytesText(memory), memory >= board.ram / 4 * 3)
        }
        add(
            "processors", "processors", "\(board.threads)", "\(machine.processors)",
            machine.processors >= board.threads)
        if let kernel = board.kernel {
            add("kernel", "kernel", kernel, machine.kernel, !BoardCheck.older(machine.kernel, than: kernel))
        }
        if let camera = board.camera {
            let found = machine.exists(camera)
            add("camera", "camera", camera, found ? camera : "none", found)
        }
        self.items = items
    }

    /// Compares 6.1.0-rpi with 6.6 by its numbers.
    package static func older(_ a: String, than b: String) -> Bool {
        func numbers(_ text: String) -> [Int] {
            text.prefix { $0.isNumber || $0 == "." }.split(separator: ".").map { Int($0) ?? 0 }
        }
        return numbers(a).lexicographicallyPrecedes(numbers(b))
    }

    package var rows: [[String]] {
        items.map { [$0.title, $0.found, $0.holds ? "as expected" : "differs: expected \($0.expected)"] }
    }

    package var json: JSON {
        .object([
            ("name", .string(board.name)), ("description", .string(board.description)),
            ("memoryLimitBytes", .int(board.memory)), ("threads", .int(board.threads)),
            ("asExpected", .bool(items.allSatisfy { $0.holds })),
            (
                "checks",
                .array(
                    items.map {
                        .object([
                            ("key", .string($0.key)), ("expected", .string($0.expected)),
                            ("found", .string($0.found)), ("asExpected", .bool($0.holds)),
                        ])
                    })
            ),
        ])
    }
}
