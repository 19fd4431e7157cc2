import Engine
import Foundation
import ONNX

/// The folder of real models and vectors; nil where it is not there.
let dataFolder: String? = {
    let folder = ProcessInfo.processInfo.environment["KINGLET_DATA"] ?? "../shared"
    if FileManager.default.fileExists(atPath: folder + "/models") { return folder }
    print("SKIPPED: no models in '\(folder)'; set KINGLET_DATA")
    return nil
}()

/// Paths of the real models.
let modelFiles: [String] = {
    guard let dataFolder else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: dataFolder + "/models")) ?? []
    return names.filter { $0.hasSuffix(".onnx") }.sorted().map { dataFolder + "/models/" + $0 }
}()

extension Storage {
    convenience init(_ bytes: [UInt8]) throws(KingletError) {
        try self.init(bytes: bytes.count)
        for (i, byte) in bytes.enumerated() { base.storeBytes(of: byte, toByteOffset: i, as: UInt8.self) }
    }

    var array: [UInt8] { Array(UnsafeRawBufferPointer(start: base, count: bytes)) }
}

/// What `body` throws; nil if it does not.
func failure(_ body: () throws(KingletError) -> Void) -> KingletError? {
    do {
        try body()
        return nil
    } catch { return error }
}
