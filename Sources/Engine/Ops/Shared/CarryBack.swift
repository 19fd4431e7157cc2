// How gradients move from dy to dx. Everywhere `adds` says whether dx holds a gradient to add to.

/// dx[i] = f(dy[i], v[i]), eight at a time; dx and dy may be the same.
/// Pass a function that is always inlined: a closure that is used twice stays a call.
@inline(__always)
func carry(_ v: UnsafePointer<Float>, _ frame: BackwardFrame, _ worker: Worker, _ f: (F8, F8) -> F8) {
    guard let view = frame.dx[0] else { return }
    let (dy, dx, adds) = (frame.dy[0].f32, view.f32, frame.adds[0])
    let range = worker.share(of: view.count, grain: 16)
    var i = range.lowerBound
    if adds {
        while i + 8 <= range.upperBound {
            store(load(dx + i) + f(load(dy + i), load(v + i)), dx + i)
            i += 8
        }
    } else {
        while i + 8 <= range.upperBound {
            store(f(load(dy + i), load(v + i)), dx + i)
            i += 8
        }
    }
    let rest = range.upperBound - i
    if rest > 0 {
        let last = f(load(dy + i), load(v + i))
        for k in 0..<rest { dx[i + k] = adds ? dx[i + k] + last[k] : last[k] }
    }
}

/// dx[i] += dy[i], i < n.
func add(_ dy: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>, _ n: Int) {
    var i = 0
    while i + 8 <= n {
        store(load(dx + i) + load(dy + i), dx + i)
        i += 8
    }
    while i < n {
        dx[i] += dy[i]
        i += 1
    }
}

/// dx = dy, element by element; they may share a place.
func carryBytes(_ frame: BackwardFrame, _ worker: Worker) {
    guard let dx = frame.dx[0] else { return }
    let type = TensorType(.f32, dx.shape)
    let dy = TensorView(type, frame.dy[0].base)
    if !frame.adds[0] { return copyBytes(dy, TensorView(type, dx.base), worker) }
    let range = worker.share(of: dx.count, grain: 16)
    add(dy.f32 + range.lowerBound, to: dx.f32 + range.lowerBound, range.count)
}

/// dx = dy for `count` rows of `n` floats, which begin `every` so many floats.
func carryRows(
    _ count: Int, _ n: Int, from dy: UnsafePointer<Float>, every stepY: Int, to dx: UnsafeMutablePointer<Float>,
    every stepX: Int, adds: Bool, _ worker: Worker
) {
    if !adds { return copyRows(count, n * 4, from: dy, every: stepY * 4, to: dx, every: stepX * 4, worker) }
    if count >= 4 * worker.count {
        for i in worker.share(of: count) { add(dy + i * stepY, to: dx + i * stepX, n) }
    } else {
        let part = worker.share(of: n, grain: 16)
        for i in 0..<count { add(dy + i * stepY + part.lowerBound, to: dx + i * stepX + part.lowerBound, part.count) }
    }
}

extension Walk {
    /// dx[i] = dy[a(i)] for positions i that `worker` has a share of.
    func carry(_ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>, adds: Bool, _ worker: Worker) {
        if !adds { return copy(dy, dx, bytes: 4, worker) }
        let step = row.a
        rows(worker.share(of: count, grain: 64)) { first, n, offset, _ in
            for i in 0..<n { dx[first + i] += dy[offset + i * step] }
        }
    }
}
