import Engine

/// The pictures of one epoch in a random order, in batches of one size.
public struct Batches: Sendable {
    /// Indices of pictures.
    public private(set) var order: [Int32]
    public let batch: Int

    /// Every epoch has an order of its own, and always the same one.
    public init(_ pictures: [Int32], batch: Int, seed: UInt64, epoch: Int) {
        self.init(inOrder: pictures, batch: batch)
        shuffle(seed: seed, epoch: epoch)
    }

    /// As they come.
    public init(inOrder pictures: [Int32], batch: Int) {
        assert(batch > 0)
        (order, self.batch) = (pictures, batch)
    }

    private mutating func shuffle(seed: UInt64, epoch: Int) {
        var random = Random(seed: seed ^ 0x4241_5443_4845_5300, stream: UInt64(epoch))
        random.shuffle(&order)
    }

    /// The last one may be partly filled.
    public var count: Int { (order.count + batch - 1) / batch }

    /// Pictures of batch `i`, at most `batch`.
    public func pictures(_ i: Int) -> ArraySlice<Int32> { order[i * batch..<min((i + 1) * batch, order.count)] }

    /// Labels [batch] of batch `i`; −1 where there is no picture.
    public func labels(_ i: Int, of cache: ImageCache, to y: UnsafeMutablePointer<Int32>) {
        for n in 0..<batch { y[n] = i * batch + n < order.count ? cache.labels[Int(order[i * batch + n])] : -1 }
    }

    /// Pixels 0 … 255 of samples `samples` of batch `i` to y [batch, height, width, channels]; a sample without a picture
    /// repeats the batch's first.
    public func pixels(_ i: Int, _ samples: Range<Int>, of cache: ImageCache, to y: UnsafeMutablePointer<Float>) {
        for n in samples {
            let x = cache.u8(picture(i, n))
            let y = y + n * cache.step
            for p in 0..<cache.step { y[p] = Float(x[p]) }
        }
    }

    /// The picture of sample `n` of batch `i`, the batch's first where there is none.
    public func picture(_ i: Int, _ n: Int) -> Int {
        Int(order[i * batch + n < order.count ? i * batch + n : i * batch])
    }
}
