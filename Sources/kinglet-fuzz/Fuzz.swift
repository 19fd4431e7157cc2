import CSystem
import Engine
import Vision

/// Feeds mutated files to the places where Kinglet takes in foreign bytes. A door must answer with a value or an error:
/// a crash ends the run, and so does an answer that takes too long.
@main struct Fuzz {
    static let doors: [Door] = [.jpeg, .onnx, .stream]
    static let usage = """
        kinglet-fuzz DOOR FOLDER [SECONDS [SEED [FIRST]]]
          DOOR    \(doors.map { $0.name }.joined(separator: ", "))
          FOLDER  sound and broken files to begin with
          SECONDS 60, SEED 1
          FIRST   begin with this round: the last one printed before a crash

        """

    static func main() throws {
        let words = CommandLine.arguments.dropFirst()
        guard words.count >= 2, let door = doors.first(where: { $0.name == words[1] }) else {
            print(usage)
            return
        }
        let numbers = words.dropFirst(2).map { UInt64($0) ?? 0 }
        func number(_ i: Int, _ fallback: UInt64) -> UInt64 { numbers.count > i ? numbers[i] : fallback }
        let files = try Folder.entries(words[2]).filter { !$0.isFolder }.map { entry in
            try Storage(file: words[2] + "/" + entry.name)
        }.map { Array(UnsafeRawBufferPointer(start: $0.base, count: $0.bytes)) }
        let mutator = Mutator(files: files, seed: number(1, 1))
        run(door, mutator, seconds: number(0, 60), first: number(2, 0))
    }

    static func run(_ door: Door, _ mutator: Mutator, seconds: UInt64, first: UInt64) {
        let end = ks_now() + seconds * 1_000_000_000
        var (round, accepted, slowest) = (first, 0, UInt64(0))
        while ks_now() < end {
            if round % 1000 == 0 {
                print(
                    "round \(round), \(accepted) accepted, slowest \(slowest / 1_000_000) ms, peak \(ks_peak_bytes() >> 20) MB"
                )
            }
            let bytes = door.mutate(mutator, round)
            let start = ks_thread_cpu()
            let good = bytes.withUnsafeBytes(door.enter)
            let time = ks_thread_cpu() - start
            accepted += good ? 1 : 0
            slowest = max(slowest, time)
            guard time < door.milliseconds * 1_000_000 else {
                print("FAILED: round \(round) took \(time / 1_000_000) ms")
                return
            }
            round += 1
        }
        print("\(round - first) rounds, \(accepted) accepted, no crash")
    }
}

/// One way into Kinglet.
struct Door: Sendable {
    let name: String
    /// What one answer may take.
    let milliseconds: UInt64
    /// Round `round` of the files to try.
    var mutate: @Sendable (Mutator, UInt64) -> [UInt8] = { mutator, round in mutator.file(round) }
    /// Takes `bytes` in; whether they were accepted.
    let enter: @Sendable (UnsafeRawBufferPointer) -> Bool
}
