// swift-tools-version: 6.2
import PackageDescription

/// Offload to Arm NN: `KINGLET_ARMNN=1 swift build`. What links Arm NN is a shared object opened at run time.
let armnn = Context.environment["KINGLET_ARMNN"] == "1"

let armnnTargets: [Target] = [
    .target(name: "CArmNN", exclude: ["shim"], linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "ArmNN", dependencies: ["Engine", "CArmNN", "CSystem"]),
    .testTarget(name: "ArmNNTests", dependencies: ["ArmNN", "CArmNN", "Tasks", "Engine", "ONNX", "CSystem"]),
]

let package = Package(
    name: "kinglet",
    products: [
        .executable(name: "kinglet", targets: ["kinglet"]),
        .library(name: "Kinglet", targets: ["Engine", "ONNX", "Training", "Vision"]),
    ],
    dependencies: [
        // What it uses of FoundationEssentials, Sources/Essentials has: a newer minor version may use more.
        .package(url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2"))
    ],
    targets: [
        .target(name: "CSystem", linkerSettings: [.linkedLibrary("m")]),
        .target(name: "CKernels"),
        .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
        .target(name: "CVideo"),
        .target(name: "CModel"),
        .target(name: "Engine", dependencies: ["CSystem", "CKernels"]),
        .target(name: "ONNX", dependencies: ["Engine", "CSystem"]),
        .target(name: "Training", dependencies: ["Engine", "CSystem"]),
        .target(name: "Vision", dependencies: ["Engine", "CJPEG", "CKernels", "CSystem", "CVideo"]),
        .target(
            name: "Tasks",
            dependencies: ["Engine", "ONNX", "Training", "Vision", "CSystem", "CModel"] + (armnn ? ["ArmNN"] : []),
            swiftSettings: armnn ? [.define("KINGLET_ARMNN")] : []),
        .executableTarget(
            name: "kinglet",
            dependencies: ["Tasks", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
        .target(name: "CAllocations", path: "Tests/CAllocations"),
        .executableTarget(name: "kinglet-fuzz", dependencies: ["ONNX", "Vision", "Engine", "CSystem"]),
        .executableTarget(name: "kinglet-gradients", dependencies: ["Tasks", "ONNX", "Training", "Engine", "CSystem"]),
        .testTarget(name: "EngineTests", dependencies: ["Engine", "CSystem", "CKernels", "CAllocations"]),
        .testTarget(name: "ONNXTests", dependencies: ["ONNX", "Engine", "CSystem"], exclude: ["Fixtures"]),
        .testTarget(name: "TrainingTests", dependencies: ["Training", "Engine", "CSystem"]),
        .testTarget(name: "VisionTests", dependencies: ["Vision", "Engine", "CJPEG", "CSystem"]),
        .testTarget(name: "TasksTests", dependencies: ["Tasks", "Engine", "ONNX", "Training", "Vision", "CSystem"]),
    ] + (armnn ? armnnTargets : [])
)
