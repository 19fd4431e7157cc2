import Engine
import Testing

@Suite struct RandomTests {
    @Test func theSameSeedAndStreamGiveTheSameNumbers() {
        for (seed, stream) in [(0, 0), (1, 0), (0, 1), (77, 12)] as [(UInt64, UInt64)] {
            var (a, b) = (Random(seed: seed, stream: stream), Random(seed: seed, stream: stream))
            var c = Random(seed: seed, stream: stream + 1)
            let first = (0..<100).map { _ in a.next() }
            #expect(first == (0..<100).map { _ in b.next() })
            #expect(first != (0..<100).map { _ in c.next() })
            var resumed = Random(state: a.state)
            #expect(resumed.next() == a.next())
        }
    }

    @Test func momentsAreThoseOfTheDistributions() {
        var random = Random(seed: 3)
        let n = 100_000
        let uniform = (0..<n).map { _ in Double(random.uniform()) }
        #expect(abs(uniform.reduce(0, +) / Double(n) - 0.5) < 0.005)
        #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
        let normal = (0..<n).map { _ in Double(random.normal()) }
        #expect(abs(normal.reduce(0, +) / Double(n)) < 0.015)
        #expect(abs(normal.reduce(0) { $0 + $1 * $1 } / Double(n) - 1) < 0.02)
        #expect(normal.contains { abs($0) > 3.5 })
    }

    @Test func everyNumberBelowNComesEquallyOftenAndAShuffleKeepsAll() {
        var random = Random(seed: 9)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[random.below(7)] += 1 }
        #expect(counts.allSatisfy { abs($0 - 10_000) < 500 }, "\(counts)")
        var list = Array(0..<50)
        random.shuffle(&list)
        #expect(list != Array(0..<50) && list.sorted() == Array(0..<50))
    }
}
