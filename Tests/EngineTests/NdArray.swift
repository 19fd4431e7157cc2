import Engine

/// A plain array with axes, for formulas that are written to be right, not fast.
struct NdArray {
    var shape: [Int]
    var values: [Double]

    init(_ tensor: Tensor) {
        shape = tensor.shape
        values = (0..<tensor.count).map {
            tensor.type.dtype == .f32 ? Double(tensor.float($0)) : Double(tensor.int($0))
        }
    }

    init(_ shape: [Int], _ values: [Double]) {
        self.shape = shape
        self.values = values
    }

    /// Each element from its place.
    init(_ shape: [Int], _ element: ([Int]) throws -> Double) rethrows {
        self.shape = shape
        values = try (0..<shape.reduce(1, *)).map { i in
            var (rest, place) = (i, shape)
            for k in shape.indices.reversed() {
                place[k] = rest % shape[k]
                rest /= shape[k]
            }
            return try element(place)
        }
    }

    /// Every place of a shape.
    static func places(_ shape: [Int]) -> [[Int]] {
        var all: [[Int]] = []
        _ = NdArray(shape) {
            all.append($0)
            return 0
        }
        return all
    }

    subscript(_ place: [Int]) -> Double {
        values[zip(place, shape).reduce(0) { $0 * $1.1 + $1.0 }]
    }

    /// The element that broadcasting puts at `place` of a larger shape.
    func spread(_ place: [Int]) -> Double {
        self[zip(place.suffix(shape.count), shape).map { $1 == 1 ? 0 : $0 }]
    }
}
