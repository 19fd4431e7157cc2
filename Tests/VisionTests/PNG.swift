/// Just enough of PNG to read reference pictures: 8-bit grey or RGB, not interlaced. Trusts its input.
struct PNG {
    let width: Int
    let height: Int
    /// [height, width, 3]
    let rgb: [UInt8]

    init(_ bytes: ArraySlice<UInt8>) {
        let b = Array(bytes)
        func u32(_ i: Int) -> Int { (0..<4).reduce(0) { $0 << 8 | Int(b[i + $1]) } }
        var at = 8
        var packed: [UInt8] = []
        while at < b.count {
            if b[at + 4..<at + 8].elementsEqual("IDAT".utf8) { packed += b[at + 8..<at + 8 + u32(at)] }
            at += 12 + u32(at)
        }
        (width, height) = (u32(16), u32(20))
        let channels = b[25] == 0 ? 1 : 3
        let stride = width * channels
        let raw = Inflate.bytes(packed)
        var pixels = [UInt8](repeating: 0, count: stride * height)
        for y in 0..<height {
            let filter = raw[y * (stride + 1)]
            for x in 0..<stride {
                let left = x >= channels ? Int(pixels[y * stride + x - channels]) : 0
                let up = y > 0 ? Int(pixels[(y - 1) * stride + x]) : 0
                let corner = x >= channels && y > 0 ? Int(pixels[(y - 1) * stride + x - channels]) : 0
                let guess =
                    switch filter {
                    case 1: left
                    case 2: up
                    case 3: (left + up) / 2
                    case 4: paeth(left, up, corner)
                    default: 0
                    }
                pixels[y * stride + x] = raw[y * (stride + 1) + 1 + x] &+ UInt8(guess)
            }
        }
        rgb = channels == 3 ? pixels : pixels.flatMap { [$0, $0, $0] }
    }
}

private func paeth(_ a: Int, _ b: Int, _ c: Int) -> Int {
    let p = a + b - c
    let (pa, pb, pc) = (abs(p - a), abs(p - b), abs(p - c))
    return pa <= pb && pa <= pc ? a : pb <= pc ? b : c
}

/// RFC 1951 behind the two-byte header of RFC 1950.
struct Inflate {
    private let input: [UInt8]
    private var bit = 16
    private var output: [UInt8] = []

    static func bytes(_ input: [UInt8]) -> [UInt8] {
        var inflate = Inflate(input: input)
        inflate.run()
        return inflate.output
    }

    private init(input: [UInt8]) { self.input = input }

    private mutating func take(_ count: Int) -> Int {
        var value = 0
        for i in 0..<count {
            value |= Int(input[bit >> 3] >> UInt8(bit & 7) & 1) << i
            bit += 1
        }
        return value
    }

    /// Codes of each length, and symbols in the order of their codes.
    private struct Code {
        var counts = [Int](repeating: 0, count: 16)
        var symbols: [Int] = []

        init(_ lengths: [Int]) {
            for length in 1..<16 {
                for (symbol, l) in lengths.enumerated() where l == length {
                    counts[length] += 1
                    symbols.append(symbol)
                }
            }
        }
    }

    private mutating func symbol(_ code: Code) -> Int {
        var (value, first, index) = (0, 0, 0)
        for length in 1..<16 {
            value |= take(1)
            if value - first < code.counts[length] { return code.symbols[index + value - first] }
            index += code.counts[length]
            first = (first + code.counts[length]) << 1
            value <<= 1
        }
        return 256
    }

    private mutating func run() {
        var last = false
        while !last {
            last = take(1) == 1
            switch take(2) {
            case 0: stored()
            case 1:
                let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
                block(Code(lengths), Code([Int](repeating: 5, count: 30)))
            default: dynamic()
            }
        }
    }

    private mutating func stored() {
        bit = (bit + 7) & ~7
        let count = take(16)
        _ = take(16)
        output += input[bit >> 3..<bit >> 3 + count]
        bit += 8 * count
    }

    private mutating func dynamic() {
        let (literals, distances, codes) = (take(5) + 257, take(5) + 1, take(4) + 4)
        var lengths = [Int](repeating: 0, count: 19)
        for i in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].prefix(codes) {
            lengths[i] = take(3)
        }
        let code = Code(lengths)
        var list: [Int] = []
        while list.count < literals + distances {
            switch symbol(code) {
            case 16: list += [Int](repeating: list[list.count - 1], count: 3 + take(2))
            case 17: list += [Int](repeating: 0, count: 3 + take(3))
            case 18: list += [Int](repeating: 0, count: 11 + take(7))
            case let length: list.append(length)
            }
        }
        block(Code(Array(list.prefix(literals))), Code(Array(list.dropFirst(literals))))
    }

    private mutating func block(_ literals: Code, _ distances: Code) {
        while true {
            let s = symbol(literals)
            if s == 256 { return }
            if s < 256 {
                output.append(UInt8(s))
                continue
            }
            let k = s - 257
            let length = k < 8 ? k + 3 : k == 28 ? 258 : ((4 + k & 3) << (k / 4 - 1)) + 3 + take(k / 4 - 1)
            let d = symbol(distances)
            let distance = d < 4 ? d + 1 : ((2 + d & 1) << (d / 2 - 1)) + 1 + take(d / 2 - 1)
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }
}
