// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "essentials",
    products: [.library(name: "FoundationEssentials", type: .static, targets: ["FoundationEssentials"])],
    targets: [.target(name: "FoundationEssentials", path: ".", sources: ["FoundationEssentials.swift"])]
)
