import CSystem
import Engine

// What takes the place of Testing's macros, which Embedded Swift lacks: cross/test-micro.sh puts calls of these into
// copies of the tests.

/// How many expectations held, and how many did not.
struct Score {
    var held = 0
    var failed = 0
}

nonisolated(unsafe) var score = Score()

func expect(_ condition: Bool, _ message: @autoclosure () -> String = "", line: Int = #line) {
    if condition {
        score.held += 1
    } else {
        score.failed += 1
        // The first ones tell.
        if score.failed <= 20 { write("  line \(line): \(message())\n") }
    }
}

func expect(
    throws kind: KingletError.Type, _ message: @autoclosure () -> String = "", line: Int = #line,
    _ body: () throws(KingletError) -> Void
) {
    do {
        try body()
        expect(false, message(), line: line)
    } catch { expect(true) }
}

func wanted<T>(_ value: T?) throws(KingletError) -> T {
    guard let value else { throw KingletError(.badFile, "nothing where the test wants something") }
    return value
}

/// Runs one test; an error that it throws fails it.
func run(_ name: String, _ test: () throws(KingletError) -> Void) {
    let (before, start) = (score, ks_now())
    do { try test() } catch {
        score.failed += 1
        write("  \(error.description)\n")
    }
    let milliseconds = (ks_now() - start) / 1_000_000
    if score.failed > before.failed {
        write("FAILED \(name): \(score.failed - before.failed) of \(score.held + score.failed - before.held)\n")
    } else {
        write("\(name): \(score.held - before.held) held, \(milliseconds) ms\n")
    }
}

func write(_ text: String) {
    var text = text
    _ = text.withUTF8 { bytes in bytes.baseAddress.map { ks_write(1, $0, bytes.count) } ?? 0 }
}

extension OpSpec {
    /// As with optional types: Embedded Swift does not convert arrays by itself.
    init(
        _ attributes: Attributes, opset: Int = 21, inputs: [TensorType], constants: [Tensor?] = [],
        outputCount: Int = 1
    ) {
        self.init(
            attributes, opset: opset, inputs: inputs.map { Optional($0) }, constants: constants,
            outputCount: outputCount)
    }
}
