import Engine

extension Tensor {
    /// The same elements with stored axis i where axis permutation[i] was.
    package func permuted(_ permutation: [Int]) throws(KingletError) -> Tensor {
        let shape = permutation.map { self.shape[$0] }
        if permutation.filter({ self.shape[$0] != 1 }).isAscending { return reshaped(shape) }
        var strides = [Int](repeating: 1, count: shape.count)
        for i in strides.indices.dropLast().reversed() { strides[i] = strides[i + 1] * self.shape[i + 1] }
        let result = try Tensor(zeros: TensorType(type.dtype, shape))
        let steps = permutation.map { strides[$0] }
        switch type.dtype.bytes {
        case 1: copy(to: result, steps, UInt8.self)
        case 4: copy(to: result, steps, UInt32.self)
        default: copy(to: result, steps, UInt64.self)
        }
        return result
    }

    /// Fills `y`; a step along its axis i is one of steps[i] elements in this tensor.
    private func copy<T: BitwiseCopyable>(to y: Tensor, _ steps: [Int], _: T.Type) {
        let (source, target, size) = (base, y.base, MemoryLayout<T>.stride)
        let rank = y.shape.count
        let (inner, step) = (y.shape[rank - 1], steps[rank - 1])
        var index = [Int](repeating: 0, count: rank)
        var (from, to) = (0, 0)
        while to < y.count {
            for i in 0..<inner {
                let element = source.loadUnaligned(fromByteOffset: (from + i * step) * size, as: T.self)
                target.storeBytes(of: element, toByteOffset: (to + i) * size, as: T.self)
            }
            to += inner
            var axis = rank - 2
            while axis >= 0 {
                index[axis] += 1
                from += steps[axis]
                if index[axis] < y.shape[axis] { break }
                from -= steps[axis] * y.shape[axis]
                index[axis] = 0
                axis -= 1
            }
        }
    }
}
