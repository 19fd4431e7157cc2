import CSystem
import Engine
import Glibc
import Vision

extension Diagnosis {
    /// The same with a line for each camera of this machine, or one that says why there is none.
    public func withCameras() -> Diagnosis {
        let (cameras, locked) = findCameras()
        let why = locked.map { CameraFault(EACCES).error($0, doing: "open").message } ?? "none"
        let texts = cameras.isEmpty ? [why] : cameras.map { $0.text }
        var diagnosis = self
        diagnosis.lines += texts.enumerated().map { i, text in
            // The first line carries the list for all of them.
            Line(
                key: i == 0 ? "cameras" : "", title: i == 0 ? "cameras" : "", value: .array(cameras.map { $0.json }),
                text: text)
        }
        return diagnosis
    }
}

/// What a camera says about itself.
struct CameraCard {
    let path: String
    let name: String
    let driver: String
    /// Sizes by format; those that Kinglet reads first.
    let formats: [(format: FourCC, sizes: [String])]

    init(_ path: String, _ device: any CameraDevice) {
        self.path = path
        name = device.name
        driver = device.driver
        let all = device.formats().map { f in (format: f, sizes: device.sizes(f).map { $0.text }) }
        formats = all.filter { $0.format.isReadable } + all.filter { !$0.format.isReadable }
    }

    var json: JSON {
        let list = formats.map { f in
            JSON.object([
                ("format", .string(f.format.text)), ("readable", .bool(f.format.isReadable)),
                ("sizes", .array(f.sizes.map { .string($0) })),
            ])
        }
        return .object([
            ("device", .string(path)), ("name", .string(name)), ("driver", .string(driver)), ("formats", .array(list)),
        ])
    }

    var text: String {
        let list = formats.map { f in
            f.format.isReadable ? f.format.text + " " + f.sizes.joined(separator: " ") : "(\(f.format.text): not read)"
        }
        return "v4l2://\(path): \(name) (\(driver)): " + list.joined(separator: ", ")
    }
}

/// The devices that capture, and the first video device that this user may not open.
private func findCameras() -> ([CameraCard], locked: String?) {
    var cameras: [CameraCard] = []
    var locked: String?
    for i in 0..<64 {
        let path = "/dev/video\(i)"
        guard ks_kind(path) >= 0 else { continue }
        do throws(CameraFault) { cameras.append(CameraCard(path, try V4L2Device(path))) } catch {
            if error.code == EACCES { locked = locked ?? path }
        }
    }
    return (cameras, locked)
}
