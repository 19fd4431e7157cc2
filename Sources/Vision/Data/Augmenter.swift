import Engine

/// Changes pictures [height, width, channels], one at a time; each worker has one of its own.
public final class Augmenter {
    private let kind: Augmentation
    private let size: Size
    private let channels: Int
    /// The picture as it stands.
    private let picture: Storage
    /// Red, green, blue of a grey picture while it is a JPEG.
    private let colour: Storage?

    public init(_ kind: Augmentation, _ size: Size, _ channels: Int) throws(KingletError) {
        (self.kind, self.size, self.channels) = (kind, size, channels)
        picture = try Storage(bytes: size.count * channels)
        colour = channels == 1 && kind.jpeg > 0 ? try Storage(bytes: size.count * 3) : nil
    }

    /// What one takes in memory.
    public static func bytes(_ kind: Augmentation, _ size: Size, _ channels: Int) -> Int {
        size.count * (channels == 1 && kind.jpeg > 0 ? 4 : channels)
    }

    /// Samples `samples` of batch `i` in `epoch`, changed, as floats 0 … 255 to y [batch, height, width, channels].
    public func pixels(
        _ batches: Batches, _ i: Int, _ samples: Range<Int>, of cache: ImageCache, seed: UInt64, epoch: Int,
        to y: UnsafeMutablePointer<Float>
    ) {
        for n in samples {
            let index = batches.picture(i, n)
            let random = Augmentation.random(seed: seed, epoch: epoch, index: index, of: cache.count)
            augment(cache.u8(index), random, to: y + n * cache.step)
        }
    }

    public func augment(_ x: UnsafePointer<UInt8>, _ random: Random, to y: UnsafeMutablePointer<Float>) {
        let u8 = augment(x, random)
        for p in 0..<size.count * channels { y[p] = Float(u8[p]) }
    }

    public func augment(_ x: UnsafePointer<UInt8>, _ random: Random, to y: UnsafeMutablePointer<UInt8>) {
        y.update(from: augment(x, random), count: size.count * channels)
    }

    /// Every number is drawn whether it is used or not, so that one kind of change does not alter another.
    private func augment(_ x: UnsafePointer<UInt8>, _ random: Random) -> UnsafePointer<UInt8> {
        var random = random
        let (padX, padY) = (pad(size.width), pad(size.height))
        let (right, down) = (random.below(2 * padX + 1) - padX, random.below(2 * padY + 1) - padY)
        let mirror = random.uniform() < 0.5
        let (brighter, stronger) = (random.uniform(-1, 1), random.uniform(-1, 1))
        let stored = random.uniform() < kind.jpeg
        let quality = kind.quality.lowerBound + random.below(kind.quality.count)
        move(x, right, down, mirror && kind.flip)
        if kind.brightness > 0 || kind.contrast > 0 {
            recolour(255 * kind.brightness * brighter, 1 + kind.contrast * stronger)
        }
        if stored { recode(quality) }
        return UnsafePointer(u8)
    }

    private var u8: UnsafeMutablePointer<UInt8> { picture.base.assumingMemoryBound(to: UInt8.self) }

    private func pad(_ side: Int) -> Int { Int((kind.crop * Float(side)).rounded()) }

    /// y[r, c] = x[r + down, c + right], 0 outside; then mirrored.
    private func move(_ x: UnsafePointer<UInt8>, _ right: Int, _ down: Int, _ mirror: Bool) {
        let row = size.width * channels
        let (first, last) = (max(0, -right), min(size.width, size.width - right))
        for r in 0..<size.height {
            let y = u8 + r * row
            guard r + down >= 0, r + down < size.height else {
                y.update(repeating: 0, count: row)
                continue
            }
            let x = x + (r + down) * row
            y.update(repeating: 0, count: first * channels)
            (y + last * channels).update(repeating: 0, count: (size.width - last) * channels)
            (y + first * channels).update(from: x + (first + right) * channels, count: (last - first) * channels)
            if mirror { reverse(y) }
        }
    }

    private func reverse(_ y: UnsafeMutablePointer<UInt8>) {
        for c in 0..<size.width / 2 {
            for k in 0..<channels {
                let (a, b) = (c * channels + k, (size.width - 1 - c) * channels + k)
                (y[a], y[b]) = (y[b], y[a])
            }
        }
    }

    /// y = (x − m) · times + m + more, m the picture's mean.
    private func recolour(_ more: Float, _ times: Float) {
        let count = size.count * channels
        var sum = 0
        for p in 0..<count { sum += Int(u8[p]) }
        let mean = Float(sum) / Float(count)
        var levels = InlineArray<256, UInt8>(repeating: 0)
        for level in 0..<256 {
            let value = (Float(level) - mean) * times + mean + more
            levels[level] = UInt8(min(max(value, 0), 255).rounded())
        }
        for p in 0..<count { u8[p] = levels[Int(u8[p])] }
    }

    private func recode(_ quality: Int) {
        guard let colour else { return JPEG.recode(u8, size, quality: quality) }
        let rgb = colour.base.assumingMemoryBound(to: UInt8.self)
        for p in 0..<size.count { for c in 0..<3 { rgb[3 * p + c] = u8[p] } }
        JPEG.recode(rgb, size, quality: quality)
        for p in 0..<size.count { u8[p] = rgb[3 * p + 1] }
    }
}
