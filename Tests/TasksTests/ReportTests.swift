import Engine
import Foundation
import Tasks
import Testing
import Training
import Vision

/// A report that has everything.
func fullReport(classes: Int = 3) -> Report {
    var report = Report(title: "Hardening <resnet8> & \"friends\"")
    (report.verdict, report.accepted) = (
        "Robust accuracy rose from 2.0 % to 37.0 %, clean fell from 71 % to 60 %.", true
    )
    for e in 0...20 {
        let t = Double(e) / 20
        report.points.append(
            .init(
                epoch: Double(e), seconds: 30 * Double(e), rate: e == 0 ? nil : 0.1 * exp(-4 * t), loss: 2.3 - 1.4 * t,
                clean: 0.71 - 0.11 * t, robust: e % 2 == 0 ? 0.02 + 0.35 * t : nil))
    }
    for (model, base) in [("before", 0.02), ("hardened", 0.4), ("hardened int8", 0.38)] {
        var attacked: [Report.Score] = []
        for epsilon in [2.0, 4, 8] {
            let right = Int(1000 * (base + 0.3 * (1 - epsilon / 8)))
            attacked.append(.init(attack: "pgd:20", epsilon: epsilon, right: Proportion(right, of: 1000)))
        }
        let clean = Report.Score(attack: "clean", epsilon: 0, right: Proportion(700, of: 1000))
        var counts: [[Int]] = []
        for r in 0..<classes { counts.append((0..<classes).map { c in r == c ? 71 : (r * 7 + c * 5) % 13 }) }
        report.judgements.append(
            .init(
                model: model, scores: [clean] + attacked,
                confusions: model == "hardened" ? [.init(title: "hardened, pgd:20 at 8/255", counts: counts)] : []))
    }
    report.classes = (0..<classes).map { ["air'plane", "<cat>", "frog"][$0 % 3] }
    var (pixels, changed) = ([UInt8](), [UInt8]())
    for i in 0..<32 * 32 * 3 {
        let level = (i / 3 % 32 * 8 + i / 96 * 3 * (i % 3)) % 256
        pixels.append(UInt8(level))
        changed.append(UInt8(min(max(level + i * 7 % 17 - 8, 0), 255)))
    }
    report.examples = (0..<2).map { _ in
        .init(
            width: 32, height: 32, channels: 3, original: pixels, adversarial: changed, label: "<cat>",
            answers: [
                .init(model: "before", original: ("<cat>", 0.91), adversarial: ("frog", 0.99)),
                .init(model: "hardened", original: ("<cat>", 0.7), adversarial: ("<cat>", 0.6)),
            ])
    }
    report.recipe = [("attack", "pgd:7"), ("epsilon", "8/255"), ("data", "a&b/<photos>")]
    report.card = "A model.\nIt has \u{1} control & <tags>."
    report.notes = ["3 files could not be read"]
    return report
}

/// The first thing that is wrong with XML, found by matching tags and looking at every ampersand.
func flaw(_ xml: String) -> String? {
    var open: [Substring] = []
    var rest = xml[...]
    while let start = rest.firstIndex(of: "<") {
        if let wrong = strayAmpersand(rest[..<start]) { return wrong }
        if rest[..<start].contains(">"), open.last != "style" { return "stray > in \(rest[..<start])" }
        guard let end = rest[start...].firstIndex(of: ">") else { return "unclosed <" }
        let tag = rest[rest.index(after: start)..<end]
        rest = rest[rest.index(after: end)...]
        if tag.hasPrefix("!") { continue }
        if tag.hasPrefix("/") {
            guard let last = open.popLast(), last == tag.dropFirst() else { return "<\(tag)> closes nothing" }
            continue
        }
        let name = tag.prefix { $0 != " " && $0 != "/" }
        if tag.filter({ $0 == "\"" }).count % 2 == 1 { return "odd quotes in <\(tag)>" }
        if tag.contains("<") { return "< in <\(tag)>" }
        if let wrong = strayAmpersand(tag) { return wrong }
        if !tag.hasSuffix("/") { open.append(name) }
    }
    return open.isEmpty ? nil : "\(open) left open"
}

private func strayAmpersand(_ text: Substring) -> String? {
    for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst()
    where !["amp;", "lt;", "gt;", "quot;", "#39;"].contains(where: { part.hasPrefix($0) }) {
        return "stray & before \(part.prefix(20))"
    }
    return nil
}

@Suite struct ReportTests {
    @Test func pagesAreWellFormedAndHoldEverything() throws {
        var one = Report(title: "t")
        one.points = [.init(epoch: 0, clean: 0.5)]
        for report in [Report(title: ""), one, fullReport(), fullReport(classes: 30)] {
            let html = report.html
            #expect(flaw(html) == nil, "\(flaw(html) ?? "")")
            #expect(!html.contains("nan") && !html.contains("inf,"))
        }
        let html = fullReport().html
        let wanted = [
            "Hardening &lt;resnet8&gt; &amp; &quot;friends&quot;", "<p class=\"verdict good\">", "hardened int8",
            "37.0 % – 43.1 %", "400 of 1000", "8/255", "&lt;cat&gt; 91 %", "a&amp;b/&lt;photos&gt;", "air&#39;plane",
            "Learning rate", "Training loss", "Accuracy under attack", "data:image/png;base64,iVBORw0KGgo",
        ]
        for text in wanted { #expect(html.contains(text), "\(text)") }
        // Nothing is fetched from elsewhere.
        for text in ["http:", "https:", "<script", "<link"] { #expect(!html.contains(text), "\(text)") }
        if let path = ProcessInfo.processInfo.environment["KINGLET_REPORT"] {
            try html.write(toFile: path, atomically: true, encoding: .utf8)
        }
    }

    @Test func brokenMarkupIsFound() {
        let broken = ["<a>", "<a></b>", "<a b=\"></a>", "<a>&</a>", "<a>></a>", "</a>", "<a b=\"&x\"/>"]
        for xml in broken { #expect(flaw(xml) != nil, "\(xml)") }
    }

    @Test func tablesAreCSV() {
        let csv = fullReport().pointsCSV.split(separator: "\n")
        #expect(csv[0] == "epoch,seconds,rate,loss,clean,robust" && csv.count == 22)
        #expect(csv[1] == "0,0,,2.3,0.71,0.02")
        #expect(csv[2].hasSuffix(","))
        var report = Report(title: "")
        report.judgements = [
            .init(model: "a,\"b\"", scores: [.init(attack: "pgd:20", epsilon: 4, right: Proportion(1, of: 2))])
        ]
        let line = report.scoresCSV.split(separator: "\n")[1]
        #expect(line.hasPrefix("\"a,\"\"b\"\"\",pgd:20,4,1,2,0.5,0.09"), "\(line)")
    }

    @Test func base64IsThatOfTheStandard() {
        let cases = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        for (text, code) in cases { #expect(base64(Array(text.utf8)) == code, "\(text)") }
        #expect(base64([255, 239, 191]) == "/++/")
    }

    @Test func eventFilesAreFramedRecords() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kinglet-" + UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = try EventFile(folder: folder)
        for point in fullReport().points { try file.write(point) }
        let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: file.path)))
        var (at, records) = (0, [ArraySlice<UInt8>]())
        while at < bytes.count {
            let length = (0..<8).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
            records.append(bytes[at + 12..<at + 12 + length])
            at += 16 + length
        }
        #expect(at == bytes.count && records.count == 22)
        // wall_time, then file_version.
        #expect(records[0].dropFirst(9) == [0x1A, 13] + Array("brain.Event:2".utf8)[...])
        #expect(throws: KingletError.self) { try EventFile(folder: "/proc/nothing/here") }
        if let path = ProcessInfo.processInfo.environment["KINGLET_EVENTS"] {
            let kept = try EventFile(folder: path)
            for point in fullReport().points { try kept.write(point) }
        }
    }
}
