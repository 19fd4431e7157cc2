import Engine
import Tasks
import Testing

@Suite struct BoardTests {
    static let text = """
        # A comment.
        DESCRIPTION="Raspberry Pi 4, 64-bit" # after a value
        MODEL="Raspberry Pi 4"
        TRIPLE=aarch64-unknown-linux-gnu

        FLAVOUR=full
        CPU=
        ISA="baseline dotprod"
        RAM=1G
        THREADS=4   # all of them
        MEMORY=384M
        CAMERA=/dev/video0
        KERNEL=6.1
        """

    @Test func fileIsReadWithQuotesAndComments() throws {
        let board = try Board(Self.text, name: "rpi4")
        #expect(board.description == "Raspberry Pi 4, 64-bit")
        #expect(board.family == "aarch64")
        #expect(board.isas == ["baseline", "dotprod"])
        #expect((board.ram, board.memory, board.threads) == (1 << 30, 384 << 20, 4))
        #expect((board.model, board.camera, board.kernel) == ("Raspberry Pi 4", "/dev/video0", "6.1"))
    }

    @Test func whatIsNotABoardFileIsRefusedWithTheLine() {
        let cases = [
            ("KEY", "'KEY' is not KEY=value"), ("RAM=1G 2G", "not KEY=value"), ("RAM=\"1G", "not KEY=value"),
            ("key=1", "not KEY=value"), ("RAM=much", "RAM=much is not a size"), ("RAM=", "has no RAM"),
            ("THREADS=0", "THREADS=0 is not a number"), ("ISA=", "has no ISA"), ("RAM=$(reboot)", "not a size"),
        ]
        for (line, words) in cases {
            let error = #expect(throws: KingletError.self, "\(line)") { try Board(Self.text + "\n" + line, name: "x") }
            #expect(error?.message.contains(words) == true, "\(line): \(error?.message ?? "")")
            #expect(error?.kind == .badFile, "\(line)")
        }
    }

    @Test func everyBoardOfTheProjectIsReadable() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/boards"
        for name in [
            "rpi-zero2", "rpi4", "rpi5", "jetson-orin-nano", "imx8mp", "rock5b", "rpi2", "beaglebone-black",
            "generic-arm64", "generic-armv7", "x86_64",
        ] {
            let board = try Board(named: "\(folder)/\(name).env")
            #expect(board.name == name)
            #expect(board.memory < board.ram, "\(name)")
        }
    }

    @Test func boardIsRecognisedByTheLongestName() throws {
        let boards = try [("zero", "Raspberry Pi"), ("four", "Raspberry Pi 4")].map {
            try Board(Self.text + "\nMODEL=\"\($0.1)\"", name: $0.0)
        }
        #expect(Board.recognised("Raspberry Pi 4 Model B Rev 1.4", among: boards)?.name == "four")
        #expect(Board.recognised("Raspberry Pi 3 Model B", among: boards)?.name == "zero")
        #expect(Board.recognised("NVIDIA Jetson", among: boards) == nil)
    }

    @Test func checkSaysWhatDiffers() throws {
        let machine = BoardCheck.Machine(
            model: "Raspberry Pi 4 Model B", family: "aarch64", isas: ["baseline"], memory: 900 << 20, processors: 2,
            kernel: "6.1.0-rpi7", exists: { _ in false })
        let check = BoardCheck(try Board(Self.text, name: "rpi4"), on: machine)
        #expect(check.items.filter { !$0.holds }.map { $0.key } == ["isa", "processors", "camera"])
        #expect(check.rows.contains(["kernels", "baseline", "differs: expected baseline, dotprod"]))
        #expect(check.json.text.contains(#""asExpected":false"#))
    }

    @Test func kernelsAreComparedByNumber() {
        let cases = [("6.12.3", "6.6", false), ("5.15.0-tegra", "6.1", true), ("6.1", "6.1", false), ("x", "1", true)]
        for (a, b, older) in cases { #expect(BoardCheck.older(a, than: b) == older, "\(a) \(b)") }
    }

    @Test func unknownBoardNamesTheOnesThereAre() {
        let error = #expect(throws: KingletError.self) { try Board(named: "toaster") }
        #expect(error?.kind == .usage)
        #expect(error?.message.contains("no board 'toaster'") == true)
    }
}
