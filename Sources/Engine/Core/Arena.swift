/// Places blocks of known lifetimes in one stretch of memory, large ones first, each in the lowest gap that fits.
package struct Arena {
    package struct Block: Sendable {
        package var bytes: Int
        /// First and last step at which the block is in use.
        package var first: Int
        package var last: Int

        package init(bytes: Int, first: Int, last: Int) { (self.bytes, self.first, self.last) = (bytes, first, last) }
    }

    package let offsets: [Int]
    package let bytes: Int
    static let alignment = 64

    package init(_ blocks: [Block]) {
        func aligned(_ n: Int) -> Int { (n + Arena.alignment - 1) & ~(Arena.alignment - 1) }
        var offsets = [Int](repeating: 0, count: blocks.count)
        var placed: [Int] = []
        var total = 0
        let order = blocks.indices.sorted {
            blocks[$0].bytes != blocks[$1].bytes ? blocks[$0].bytes > blocks[$1].bytes : $0 < $1
        }
        for b in order {
            var offset = 0
            // `placed` is in order of offset: step over every neighbour in time that leaves no room before it.
            for other in placed where blocks[other].first <= blocks[b].last && blocks[b].first <= blocks[other].last {
                if offset + blocks[b].bytes <= offsets[other] { break }
                offset = max(offset, aligned(offsets[other] + blocks[other].bytes))
            }
            offsets[b] = offset
            total = max(total, aligned(offset + blocks[b].bytes))
            placed.insert(b, at: placed.firstIndex { offsets[$0] > offset } ?? placed.count)
        }
        self.offsets = offsets
        bytes = total
    }
}
