import Engine

#if KINGLET_ARMNN
    import ArmNN
#endif

extension Diagnosis {
    /// What can compute here.
    static var backends: Line {
        let text = "native" + armnn
        return Line(key: "backends", title: "backends", value: .string(text), text: text)
    }

    #if KINGLET_ARMNN
        private static var armnn: String {
            do throws(KingletError) {
                let shim = try Shim.open()
                let devices = shim.devices.isEmpty ? "no device" : shim.devices.joined(separator: ", ")
                return ", Arm NN \(shim.version) with \(devices) (\(shim.path))"
            } catch {
                return " (\(error.message))"
            }
        }
    #else
        private static let armnn = " (built without Arm NN)"
    #endif
}
