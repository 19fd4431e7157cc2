import Engine

/// Decodes the `chosen` pictures to bytes, each to its own place.
final class Decoding: ParallelJob {
    let data: Dataset
    let preprocess: Preprocess
    let chosen: [Int]
    let layout: Layout
    let limits: JPEG.Limits
    let pixels: Storage
    /// Why a picture could not be decoded; each is written by one worker.
    let reasons: UnsafeMutableBufferPointer<String?>
    /// What was wrong with one that could be decoded.
    let warnings: UnsafeMutableBufferPointer<String?>

    init(
        _ data: Dataset, _ preprocess: Preprocess, _ chosen: [Int], _ layout: Layout, _ limits: JPEG.Limits,
        _ pixels: Storage
    ) {
        var plain = preprocess
        if plain.color == .bgr { plain.color = .rgb }
        plain.size = layout.size
        (self.data, self.chosen, self.layout, self.limits) = (data, chosen, layout, limits)
        (self.preprocess, self.pixels) = (plain, pixels)
        reasons = .allocate(capacity: chosen.count)
        reasons.initialize(repeating: nil)
        warnings = .allocate(capacity: chosen.count)
        warnings.initialize(repeating: nil)
    }

    deinit {
        for list in [reasons, warnings] {
            list.deinitialize()
            list.deallocate()
        }
    }

    func run(_ worker: Worker) {
        let shape = [layout.batch, layout.size.height, layout.size.width, layout.channels]
        let view = TensorView(TensorType(.u8, shape), pixels.base)
        for i in worker.share(of: chosen.count) {
            do throws(KingletError) {
                let picture = try data.picture(chosen[i], preprocess, for: layout, limits: limits)
                try preprocess.write(picture, to: view, layout, sample: i)
                warnings[i] = picture.warning
            } catch {
                reasons[i] = error.message
            }
        }
    }
}
