/// Sizes, strides or positions of up to eight axes, without an allocation.
struct Dims {
    static let limit = 8
    private(set) var count = 0
    private var values = InlineArray<8, Int>(repeating: 0)

    init() {}

    init(zeros count: Int) { self.count = count }

    /// Row-major strides of `shape`, in elements.
    init(stridesOf shape: [Int]) {
        count = shape.count
        var step = 1
        for k in stride(from: count - 1, through: 0, by: -1) {
            values[k] = step
            step *= shape[k]
        }
    }

    @inline(__always)
    subscript(_ k: Int) -> Int {
        get { values[k] }
        set { values[k] = newValue }
    }

    mutating func append(_ value: Int) {
        values[count] = value
        count += 1
    }

    mutating func removeLast() { count -= 1 }
}
