import CArmNN
import CSystem
import Engine

/// libkinglet-armnn.so and the Arm NN behind it, opened once for the whole process. Nothing links against either.
public final class Shim: @unchecked Sendable {
    let api: ka_api
    /// Of Arm NN, such as 22.0.0 for release 20.08.
    public let version: String
    /// Arm NN's backends that are there, such as CpuAcc and CpuRef.
    public let devices: [String]
    /// The shared object.
    public let path: String

    private static let opened: Result<Shim, KingletError> = {
        do throws(KingletError) { return .success(try Shim(try Shim.find())) } catch { return .failure(error) }
    }()

    public static func open() throws(KingletError) -> Shim { try opened.get() }

    package init(_ path: String) throws(KingletError) {
        var text = [CChar](repeating: 0, count: 1024)
        guard let api = ka_load(path, &text, text.count)?.pointee else {
            let reason = Shim.string(text)
            let missing = reason.contains("libarmnn.so")
            let advice = missing ? ": install Arm NN with a backend, on Debian libarmnn-dev" : ""
            throw KingletError(.device, "cannot load Arm NN: \(reason)\(advice)")
        }
        let status = api.open(ks_environment("KINGLET_ARMNN_BACKENDS"))
        try require(status >= 0, .device, "Arm NN does not start: \(String(cString: api.error()))")
        let count = api.devices(&text, Int32(text.count))
        try require(count >= 0, .device, "Arm NN does not name its backends: \(String(cString: api.error()))")
        devices = Shim.string(text).split(separator: ",").map { String($0) }
        version = String(cString: api.version)
        (self.api, self.path) = (api, path)
    }

    private static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// `KINGLET_ARMNN_LIBRARY`, or beside the executable, or in the lib folder that belongs to it.
    private static func find() throws(KingletError) -> String {
        let file = "libkinglet-armnn.so"
        if let path = ks_environment("KINGLET_ARMNN_LIBRARY") { return String(cString: path) }
        var text = [CChar](repeating: 0, count: 4096)
        let folder = ka_folder(&text, text.count) >= 0 ? string(text) : "."
        for path in ["\(folder)/\(file)", "\(folder)/../lib/kinglet/\(file)"] where ks_size(path) >= 0 { return path }
        throw KingletError(
            .device,
            "no \(file) in \(folder) or \(folder)/../lib/kinglet: build it with 'make armnn', or say where it is in "
                + "KINGLET_ARMNN_LIBRARY")
    }

    /// The devices that `wanted` names, with commas between them; without a wish the fastest processor backend there is.
    public func choose(_ wanted: String?) throws(KingletError) -> String {
        let here = devices.isEmpty ? "none" : devices.joined(separator: ", ")
        guard let wanted else {
            for name in ["CpuAcc", "CpuRef"] where devices.contains(name) { return name }
            throw KingletError(
                .device, "Arm NN \(version) has no backend for processors here (\(here)): install CpuAcc or CpuRef")
        }
        let names = wanted.split(separator: ",").map { String($0) }
        for name in names {
            try require(
                ["CpuAcc", "CpuRef", "GpuAcc"].contains(name), .usage,
                "no Arm NN device '\(name)': CpuAcc, CpuRef or GpuAcc")
            try require(
                devices.contains(name), .device,
                "Arm NN \(version) has no \(name) here (\(here)): install that backend, or choose another --armnn-device"
            )
        }
        try require(!names.isEmpty, .usage, "no Arm NN device given: CpuAcc, CpuRef or GpuAcc")
        return names.joined(separator: ",")
    }

    /// The last failed call's reason.
    func error(_ kind: KingletError.Kind = .device) -> KingletError {
        KingletError(kind, "Arm NN: " + String(cString: api.error()))
    }
}
