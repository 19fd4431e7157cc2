import ArmNN
import CSystem
import Testing

/// Arm NN's processor backends that are here. Without Arm NN there are none, and the tests that need one are skipped.
let devices: [String] = ((try? Shim.open())?.devices ?? []).filter { $0.hasPrefix("Cpu") }

extension Trait where Self == ConditionTrait {
    static var needsArmNN: Self {
        .enabled(if: !devices.isEmpty, "no libkinglet-armnn.so or no Arm NN: 'make armnn-test' says what to install")
    }
}

/// Where the shared models lie: `KINGLET_DATA`, or beside the project.
let sharedModels = (ks_environment("KINGLET_DATA").map { String(cString: $0) } ?? "../shared") + "/models/"
