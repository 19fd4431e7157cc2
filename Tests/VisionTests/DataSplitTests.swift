import Engine
import Testing
import Vision

@Suite struct DataSplitTests {
    private let names = (0..<3).map { "c\($0)" }

    private func split(
        _ labels: [Int32], _ origins: [Dataset.Origin]? = nil, hashes: [UInt64]? = nil, seed: UInt64 = 1,
        options: DataSplit.Options = .init()
    ) throws -> DataSplit {
        try DataSplit(
            labels, origins ?? Array(repeating: .given, count: labels.count),
            hashes ?? labels.indices.map { UInt64($0) }, names, seed: seed, options)
    }

    private func counts(_ part: [Int32], _ labels: [Int32]) -> [Int] {
        names.indices.map { c in part.count { labels[Int($0)] == c } }
    }

    @Test func everyClassIsSplitAlikeAndEachPictureIsInOnePart() throws {
        let labels = (0..<600).map { [Int32(0), 1, 1, 1, 2, 2][$0 % 6] }
        let a = try split(labels)
        #expect(counts(a.train, labels) == [80, 240, 160])
        #expect(counts(a.validation, labels) == [10, 30, 20])
        #expect(counts(a.gate, labels) == [10, 30, 20])
        #expect(Set(a.train + a.validation + a.gate).count == 600)
        let (again, other) = (try split(labels), try split(labels, seed: 2))
        #expect(a.train == again.train && a.validation == again.validation && a.gate == again.gate)
        #expect(a.gate != other.gate)
    }

    @Test func partsAreCapped() throws {
        let labels = (0..<3000).map { Int32($0 % 3) }
        var options = DataSplit.Options()
        (options.most, options.gate) = (60, 0.01)
        let a = try split(labels, options: options)
        #expect(counts(a.validation, labels) == [20, 20, 20] && counts(a.gate, labels) == [10, 10, 10])
        #expect(a.train.count == 2910)
    }

    @Test func theDatasOwnPartsAreKept() throws {
        let labels = (0..<300).map { Int32($0 % 3) }
        func origins(_ list: [Dataset.Origin]) -> [Dataset.Origin] { (0..<300).map { list[$0 / 3 % list.count] } }
        let cases: [([Dataset.Origin], Int, Int, Int)] = [
            ([.train, .test], 150, 75, 75), ([.train, .val], 150, 75, 75),
            ([.train, .train, .val, .test], 150, 75, 75),
            ([.train], 240, 30, 30),
        ]
        for (list, train, validation, gate) in cases {
            let given = origins(list)
            let a = try split(labels, given)
            #expect([a.train.count, a.validation.count, a.gate.count] == [train, validation, gate], "\(list)")
            guard list.count > 1 else { continue }
            #expect(a.train.allSatisfy { given[Int($0)] == .train }, "\(list)")
            #expect((a.validation + a.gate).allSatisfy { given[Int($0)] != .train }, "\(list)")
        }
        var options = DataSplit.Options()
        options.ownParts = false
        #expect(try split(labels, origins([.train, .test]), options: options).train.count == 240)
        options = .init()
        options.most = 30
        let a = try split(labels, origins([.train, .test]), options: options)
        #expect([a.train.count, a.validation.count, a.gate.count, a.unused] == [150, 30, 30, 90])
    }

    @Test func aClassTooSmallIsAnError() throws {
        #expect(try split([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]).train.count == 4)
        let error = #expect(throws: KingletError.self) { try split([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]) }
        #expect(error?.message.contains("'c1' has 5 pictures, too few") == true)
        var options = DataSplit.Options()
        options.validation = 0
        #expect(throws: KingletError.self) { try split([0, 0, 0, 0, 0, 0], options: options) }
    }

    @Test func equalPicturesLeaveTheirJudges() throws {
        let labels = (0..<300).map { Int32($0 % 3) }
        // Every picture is there twice.
        let hashes: [UInt64] = (0..<300).map { i in UInt64(i / 6 * 3 + i % 3) }
        let a = try split(labels, hashes: hashes)
        func set(_ part: [Int32]) -> Set<UInt64> { Set(part.map { hashes[Int($0)] }) }
        #expect(a.gate.count == 30 && a.trainDuplicates > 20)
        #expect(set(a.train).isDisjoint(with: set(a.gate)) && set(a.train).isDisjoint(with: set(a.validation)))
        #expect(set(a.validation).isDisjoint(with: set(a.gate)))
        #expect(a.train.count + a.trainDuplicates == 240 && a.validation.count + a.validationDuplicates == 30)
    }

    @Test func classesAreFoundInTheModel() throws {
        let model = ["tabby cat", "dog", "Frog", "frog"]
        let cases: [([String], ClassMap.Kind, [Int], Int)] = [
            (["dog", "frog", "Frog", "tabby cat"], .same, [1, 3, 2, 0], 0),
            (["Dog", "Tabby_Cat"], .subset, [1, 0], 3), (["dog", "hen"], .new, [0, 1], 1),
            (["1", "2", "3", "4"], .new, [0, 1, 2, 3], 1), (["dog", "FROG"], .new, [0, 1], 1),
        ]
        for (data, kind, index, lines) in cases {
            let map = try ClassMap(data, model: model, outputs: 4)
            #expect(map.kind == kind && map.index == index && map.report.count == lines, "\(data) \(map)")
            #expect(map.labels == (kind == .new ? data : model), "\(data)")
        }
        let numbers = (0..<4).map { "\($0)" }
        #expect(try ClassMap(numbers, named: false, model: model, outputs: 4).kind == .same)
        #expect(try ClassMap(["a", "b", "c", "d"], model: nil, outputs: 4).labels == ["a", "b", "c", "d"])
        #expect(try ClassMap(["a", "b"], model: nil, outputs: 4).kind == .new)
        #expect(throws: KingletError.self) { try ClassMap(["dog"], model: model, outputs: 4) }
        #expect(throws: KingletError.self) { try ClassMap(["dog", "DOG"], model: model, outputs: 4) }
    }

    @Test func unevenAndEmptyClassesAreSaid() throws {
        let labels = [Int32](repeating: 0, count: 100) + [Int32](repeating: 1, count: 20)
        let parts = try split(labels)
        let two = try ClassMap(["a", "b"], model: ["a", "b", "c"], outputs: 3)
        let balance = try Balance(labels, parts, two)
        #expect(balance.rows.map { [$0.train, $0.validation, $0.gate] } == [[80, 10, 10], [16, 2, 2]])
        #expect(balance.warnings == ["the classes are uneven: 80 pictures of 'a', 16 of 'b'"])
        let three = try ClassMap(["a", "b", "c"], model: ["a", "b", "c"], outputs: 3)
        #expect(try Balance(labels, parts, three).warnings.first == "class 'c' has no pictures to train on")
        let new = try ClassMap(["a", "b", "hen"], model: ["a", "b", "c"], outputs: 3)
        #expect(throws: KingletError.self) { try Balance(labels, parts, new) }
        let one = try split([Int32](repeating: 0, count: 100))
        #expect(throws: KingletError.self) { try Balance(labels, one, two) }
    }

    @Test func batchesHoldEveryPictureOnceAndEndWithoutLabels() throws {
        let pictures = (0..<23).map { Int32(3 * $0) }
        let a = Batches(pictures, batch: 5, seed: 1, epoch: 0)
        #expect(a.count == 5 && (0..<5).map { a.pictures($0).count } == [5, 5, 5, 5, 3])
        #expect(a.order != pictures && a.order.sorted() == pictures)
        #expect(a.order == Batches(pictures, batch: 7, seed: 1, epoch: 0).order)
        for (seed, epoch) in [(UInt64(1), 1), (2, 0)] {
            #expect(Batches(pictures, batch: 5, seed: seed, epoch: epoch).order != a.order)
        }
        #expect(a.picture(4, 2) == Int(a.order[22]) && a.picture(4, 3) == Int(a.order[20]))
    }
}
