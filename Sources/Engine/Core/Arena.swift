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
    /// More than any machine of this width has.
    package static let most = Int.max - 4095

    /// Throws where so many bytes, and as many again, could not be addressed.
    package static func check(_ bytes: Int) throws(KingletError) {
        try require(
            bytes < most / 4, .resource,
            "needs more memory than this machine can address: give a smaller model or a smaller batch")
    }

    /// Bytes together; `most` if they are more than that.
    package static func sum(_ sizes: Int...) -> Int {
        sizes.reduce(0) { total, size in
            let (sum, overflow) = total.addingReportingOverflow(size)
            return overflow ? most : min(sum, most)
        }
    }

    package init(_ blocks: [Block]) {
        func aligned(_ a: Int, _ b: Int) -> Int { Arena.sum(a, b, 63) & ~(Arena.alignment - 1) }
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
                if Arena.sum(offset, blocks[b].bytes) <= offsets[other] { break }
                offset = max(offset, aligned(offsets[other], blocks[other].bytes))
            }
            offsets[b] = offset
            total = max(total, aligned(offset, blocks[b].bytes))
            placed.insert(b, at: placed.firstIndex { offsets[$0] > offset } ?? placed.count)
        }
        self.offsets = offsets
        bytes = total
    }
}
