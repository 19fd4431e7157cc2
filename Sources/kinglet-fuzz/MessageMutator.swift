import Engine

extension Mutator {
    /// Round `round` for a door that reads protobuf: mostly a sound message with changed fields, else changed bytes.
    func messages(_ round: UInt64) -> [UInt8] {
        var random = Random(state: seed &* 0xD134_2543_DE82_EF95 &+ round)
        guard random.below(4) > 0, var fields = Field.parse(files[random.below(files.count)][...]) else {
            return file(round)
        }
        let donor = Field.parse(files[random.below(files.count)][...]) ?? []
        for _ in 0...random.below(5) { change(&fields, donor, &random) }
        return Field.write(fields)
    }

    /// Changes one field somewhere in the tree: every level is as likely to be the one.
    private func change(_ fields: inout [Field], _ donor: [Field], _ random: inout Random) {
        guard !fields.isEmpty else { return }
        let i = random.below(fields.count)
        if case .message(let number, var inner) = fields[i], random.below(6) > 0 {
            let others = donor.filter { $0.number == number }
            var other: [Field] = []
            if !others.isEmpty, case .message(_, let found) = others[random.below(others.count)] { other = found }
            change(&inner, other, &random)
            fields[i] = .message(number, inner)
            return
        }
        switch random.below(8) {
        case 0: fields.remove(at: i)
        case 1: fields.insert(fields[i], at: random.below(fields.count + 1))
        case 2: fields.swapAt(i, random.below(fields.count))
        case 3 where !donor.isEmpty: fields.insert(donor[random.below(donor.count)], at: i)
        case 4:
            let same = donor.filter { $0.number == fields[i].number }
            if !same.isEmpty { fields[i] = same[random.below(same.count)] }
        default: fields[i] = changed(fields[i], &random)
        }
    }

    private func changed(_ field: Field, _ random: inout Random) -> Field {
        switch field {
        case .varint(let n, let value):
            let odd: [UInt64] = [
                0, 1, 2, 3, 7, 64, 255, 65537, 1 << 31, (1 << 31) - 1, 1 << 40, 1 << 62, 1 << 63, .max, .max - 1,
                value &+ 1, value &- 1, value &* 2, ~value, value ^ 1 << UInt64(random.below(64)),
            ]
            return .varint(n, odd[random.below(odd.count)])
        case .fixed(let n, let value):
            let odd: [Float] = [0, -0.0, 1, -1, .nan, .infinity, -.infinity, 1e30, 1e-38, 6, 0.5, 1000]
            let bits = odd[random.below(odd.count)].bitPattern
            return .fixed(
                n,
                value.count == 4
                    ? (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) } : value.reversed())
        case .bytes(let n, let value): return .bytes(n, changed(value, &random))
        case .message(let n, let inner): return .message(n, inner.reversed())
        }
    }

    private func changed(_ value: [UInt8], _ random: inout Random) -> [UInt8] {
        var bytes = value
        let at = random.below(bytes.count)
        switch random.below(7) {
        case 0: bytes = []
        case 1 where !bytes.isEmpty: bytes[at] = UInt8(random.below(256))
        case 2 where !bytes.isEmpty: bytes[at] ^= 1 << UInt8(random.below(8))
        case 3 where !bytes.isEmpty: bytes.removeSubrange(at...)
        case 4: bytes += [0, 255, 0, 0, 0, 0, 0, 128]
        case 5:
            let entry = registry[random.below(registry.count)]
            bytes = Array(entry.names[random.below(entry.names.count)].utf8)
        default:
            let entry = registry[random.below(registry.count)]
            guard !entry.attributes.isEmpty else { return bytes }
            bytes = Array(entry.attributes[random.below(entry.attributes.count)].utf8)
        }
        return bytes
    }
}
