import ArmNN
import CSystem
import Engine
import ONNX
import Tasks
import Testing

/// What users see: choices, refusals, fallbacks, comparison, models that changed.
@Suite struct BackendTests {
    static func model(_ scale: Float = 0.3) throws -> Model {
        var draft = Draft([1, 3, 8, 8])
        let y = draft.node("Conv", ["x", try draft.weights([4, 3, 3, 3], scale)])
        let flat = draft.node("Flatten", [draft.node("GlobalAveragePool", [y])])
        return draft.model(flat)
    }

    @Test func aMissingLibraryIsADeviceErrorThatSaysWhatToDo() {
        for path in ["/nowhere/libkinglet-armnn.so", "/dev/null"] {
            let error = #expect(throws: KingletError.self) { try Shim(path) }
            #expect(error?.kind == .device && error?.message.contains(path) == true, "\(error?.message ?? "")")
        }
    }

    @Test(.needsArmNN) func devicesAreChosenOrRefused() throws {
        let shim = try Shim.open()
        #expect(try shim.choose(nil) == (devices.contains("CpuAcc") ? "CpuAcc" : "CpuRef"))
        for device in devices { #expect(try shim.choose(device) == device) }
        for (device, kind) in [
            ("GpuAcc", KingletError.Kind.device), ("CpuAcc,GpuAcc", .device), ("cpuacc", .usage), ("", .usage),
        ] where !shim.devices.contains("GpuAcc") || kind == .usage {
            let error = #expect(throws: KingletError.self) { try shim.choose(device) }
            #expect(error?.kind == kind, "\(device)")
        }
    }

    @Test(.needsArmNN) func autoFallsBackWithAWarningAndArmNNRefuses() throws {
        var options = NetworkOptions()
        (options.backend, options.armnnDevice) = (.auto, "GpuAcc")
        let network = try Network(options, try Self.model())
        #expect(network.backend == .native && network.placement.warning?.contains("GpuAcc") == true)
        options.backend = .armnn
        let error = #expect(throws: KingletError.self) { try Network(options, try Self.model()) }
        #expect(error?.kind == .device && error?.exitCode == 70)
        (options.backend, options.armnnDevice) = (.auto, "CpuRef")
        #expect(try Network(options, try Self.model()).backend == .armnn)
        options.armnnDevice = nil
        let fast = try Network(options, try Self.model())
        #expect((fast.backend == .armnn) == devices.contains("CpuAcc"))
    }

    @Test(.needsArmNN) func benchAndInspectSayWhoRunsWhat() throws {
        let path = "/tmp/kinglet-armnn-\(ks_now()).onnx"
        defer { _ = path.withCString { ks_remove($0) } }
        try Self.model().write(to: path)
        var options = NetworkOptions(model: path)
        options.backend = .armnn
        var few = BenchOptions()
        few.runs = 2
        let report = try bench(options, few)
        #expect(report.backend == .armnn && report.wall.count == 2)
        let kinds = report.offloaded?.regions.first?.steps.map { $0.kind }
        #expect(kinds == ["Conv", "GlobalAveragePool", "Reshape"], "\(kinds ?? [])")
        #expect(report.json.text.contains("\"backend\":\"armnn\"") && report.json.text.contains("\"offloaded\""))
        #expect(try inspect(options).steps.map { $0.kind } == ["ArmNN"])
    }

    /// Two networks at once, then a third with other weights: none sees another's.
    @Test(.needsArmNN) func everyNetworkHasItsOwnWeights() throws {
        let first = try Draft.run(try Self.model(), .armnn).y
        let second = try Draft.run(try Self.model(0.6), .armnn).y
        #expect(relative(second, try Draft.run(try Self.model(0.6), .native).y) < 1e-3)
        #expect(relative(first, second) > 0.1)
        #expect(try Draft.run(try Self.model(), .armnn).y == first)
    }
}
