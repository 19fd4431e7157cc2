import Glibc
import Vision

/// A camera that does what a test has written down: which formats it has, what each wait brings, when it is unplugged.
final class FakeCamera: CameraDevice {
    enum Event {
        /// Frames that come, by their first byte; as many as there are free buffers find a place.
        case frames([UInt8])
        case damaged
        case empty
        case short
        case fault(Int32)
        case nothing
    }

    let name = "Fake"
    let driver = "fake"
    var offers: [(FourCC, [SizeRange])] = [(FourCC("YUYV"), [SizeRange(Size(4, 2))])]
    /// Frames a second by size.
    var rates: [String: Double] = [:]
    var setFault: Int32 = 0
    var startFault: Int32 = 0
    /// What the driver makes of a wish; nil for what was wished.
    var instead: ((FourCC, Size) -> (FourCC, Size))?
    var script: [Event] = []
    private(set) var asked: [String] = []
    private(set) var wishedRate: Double?
    private(set) var stopped = false
    /// Buffers that the driver may fill, those it has filled, those the program has.
    private(set) var free: Set<Int> = []
    private var filled: [(Int, UInt8, damaged: Bool, count: Int)] = []
    private var sequence: UInt32 = 0
    private var sequences: [Int: UInt32] = [:]
    private var fault: Int32 = 0
    private var size = Size(4, 2)
    private var memory: [UnsafeMutableRawBufferPointer] = []

    deinit { for buffer in memory { buffer.deallocate() } }

    func formats() -> [FourCC] { offers.map { $0.0 } }
    func sizes(_ format: FourCC) -> [SizeRange] { offers.first { $0.0 == format }?.1 ?? [] }
    func fastest(_ format: FourCC, _ size: Size) -> Double? { rates[size.text] }

    func set(_ format: FourCC, _ size: Size) throws(CameraFault) -> CameraMode {
        asked.append("\(format.text) \(size.text)")
        if setFault != 0 { throw CameraFault(setFault) }
        let (format, size) = instead?(format, size) ?? (format, size)
        self.size = size
        return CameraMode(format, size, stride: 0, YUV())
    }

    func rate(_ wanted: Double?) -> Double? {
        wishedRate = wanted
        return wanted ?? 30
    }

    func start(_ buffers: Int) throws(CameraFault) -> Int {
        if startFault != 0 { throw CameraFault(startFault) }
        free = Set(0..<buffers)
        memory = free.map { _ in .allocate(byteCount: 1 << 16, alignment: 16) }
        return buffers
    }

    func stop() { stopped = true }

    func wait(_ ms: Int) throws(CameraFault) -> Bool {
        if script.isEmpty {
            usleep(2000)
            return false
        }
        try happen(script.removeFirst())
        return !filled.isEmpty
    }

    /// Lets the next thing of the script happen while nobody waits.
    func happen() throws(CameraFault) { try happen(script.removeFirst()) }

    private func happen(_ event: Event) throws(CameraFault) {
        let bytes = (size.width + 1) / 2 * 4 * size.height
        switch event {
        case .frames(let list): for byte in list { fill(byte, damaged: false, count: bytes) }
        case .damaged: fill(0, damaged: true, count: bytes)
        case .empty: fill(0, damaged: false, count: 0)
        case .short: fill(9, damaged: false, count: bytes - 1)
        case .fault(let code):
            if code == EIO { fault = code } else { throw CameraFault(code) }
        case .nothing: break
        }
    }

    private func fill(_ byte: UInt8, damaged: Bool, count: Int) {
        sequence += 1
        guard let index = free.min() else { return }
        free.remove(index)
        memory[index].initializeMemory(as: UInt8.self, repeating: byte)
        filled.append((index, byte, damaged, count))
        sequences[index] = sequence
    }

    func take() throws(CameraFault) -> CameraBuffer? {
        if fault != 0 {
            defer { fault = 0 }
            throw CameraFault(fault)
        }
        if filled.isEmpty { return nil }
        let (index, _, damaged, count) = filled.removeFirst()
        return CameraBuffer(
            index, damaged: damaged, sequence: sequences[index] ?? 0,
            UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory[index])[..<count]))
    }

    func give(_ index: Int) throws(CameraFault) { free.insert(index) }
}
