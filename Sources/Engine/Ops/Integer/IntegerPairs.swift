/// Two int8 operands that broadcast against each other, seen as [blocks, rows, inner] each, some of those axes of size 1.
struct IntegerPairs {
    let rows: Int
    let inner: Int
    /// Elements from one block, row and element to the next; 0 where the operand repeats.
    private var a = (block: 0, row: 0, inner: 0)
    private var b = (block: 0, row: 0, inner: 0)

    /// The common shape of two shapes under ONNX's broadcasting; nil if there is none.
    static func shape(_ a: [Int], _ b: [Int]) -> [Int]? {
        var shape: [Int] = []
        let rank = max(a.count, b.count)
        for i in 0..<rank {
            let p = i < rank - a.count ? 1 : a[i - (rank - a.count)]
            let q = i < rank - b.count ? 1 : b[i - (rank - b.count)]
            if p != q && p != 1 && q != 1 { return nil }
            shape.append(p == 1 ? q : p)
        }
        return shape
    }

    /// Neighbouring axes along which the operands repeat in the same way, as one: the size and whether a and b have it.
    private static func groups(_ a: [Int], _ b: [Int], _ y: [Int]) -> [(size: Int, a: Bool, b: Bool)] {
        var groups: [(size: Int, a: Bool, b: Bool)] = []
        for i in y.indices where y[i] != 1 {
            let hasA = i >= y.count - a.count && a[i - (y.count - a.count)] != 1
            let hasB = i >= y.count - b.count && b[i - (y.count - b.count)] != 1
            if let last = groups.last, last.a == hasA && last.b == hasB {
                groups[groups.count - 1].size *= y[i]
            } else {
                groups.append((y[i], hasA, hasB))
            }
        }
        return groups
    }

    /// Whether operands of these shapes can be combined: at most three groups of axes.
    static func accepts(_ a: [Int], _ b: [Int]) -> Bool {
        guard let y = shape(a, b) else { return false }
        return groups(a, b, y).count <= 3
    }

    static func infer(_ name: String, _ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try require(x.count == 2, .shape, "\(name) takes two inputs, got \(x.count)")
        guard x[0].dtype == .i8, x[1].dtype == .i8, accepts(x[0].shape, x[1].shape),
            let shape = shape(x[0].shape, x[1].shape)
        else { throw KingletError(.shape, "\(name) of \(x[0].description) and \(x[1].description)") }
        _ = try checkedCount(shape)
        return [TensorType(.i8, shape)]
    }

    /// Neither operand repeats.
    static func areAlike(_ frame: Frame) -> Bool {
        frame.x[0].count == frame.y[0].count && frame.x[1].count == frame.y[0].count
    }

    /// Of operands that `infer` has checked.
    init(_ frame: Frame) {
        if IntegerPairs.areAlike(frame) {
            (rows, inner) = (1, frame.y[0].count)
            a = (0, 0, 1)
            b = (0, 0, 1)
            return
        }
        var groups = IntegerPairs.groups(frame.x[0].shape, frame.x[1].shape, frame.y[0].shape)
        while groups.count < 3 { groups.insert((1, true, true), at: 0) }
        (rows, inner) = (groups[1].size, groups[2].size)
        func steps(_ has: (Bool, Bool, Bool)) -> (block: Int, row: Int, inner: Int) {
            let row = has.2 ? inner : 1
            return (has.0 ? (has.1 ? rows : 1) * row : 0, has.1 ? row : 0, has.2 ? 1 : 0)
        }
        a = steps((groups[0].a, groups[1].a, groups[2].a))
        b = steps((groups[0].b, groups[1].b, groups[2].b))
    }

    /// Hands out runs of outputs: where a, b and y begin, how many, and whether a and b go along (1) or repeat (0).
    @inline(__always)
    func walk(_ part: Range<Int>, _ body: (_ a: Int, _ b: Int, _ y: Int, _ count: Int, _ sa: Int, _ sb: Int) -> Void) {
        var i = part.lowerBound
        while i < part.upperBound {
            let (row, column) = (i / inner, i % inner)
            let (block, r) = (row / rows, row % rows)
            let count = min(inner - column, part.upperBound - i)
            body(
                block * a.block + r * a.row + column * a.inner, block * b.block + r * b.row + column * b.inner, i, count,
                a.inner, b.inner)
            i += count
        }
    }
}
