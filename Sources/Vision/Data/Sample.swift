import Engine

extension Dataset {
    /// At most `most` pictures, a like part of every class and of each part of the data; the same ones for the same seed.
    public func sample(_ most: Int, seed: UInt64) -> [Int] {
        let all = Array(0..<count)
        if most >= count { return all }
        // Pictures of one class and origin, in random order.
        var pools = [[Int]](repeating: [], count: 4 * labels.count)
        for i in all { pools[4 * label(i) + Int(origin(i).rawValue)].append(i) }
        var places: [(part: Double, picture: Int)] = []
        for p in pools.indices {
            var random = Random(seed: seed ^ 0x5341_4D50_4C45_0000, stream: UInt64(p))
            random.shuffle(&pools[p])
            let n = Double(pools[p].count)
            for (k, i) in pools[p].enumerated() { places.append(((Double(k) + 0.5) / n, i)) }
        }
        places.sort { $0.part != $1.part ? $0.part < $1.part : $0.picture < $1.picture }
        return places.prefix(max(most, 0)).map { $0.picture }.sorted()
    }
}
