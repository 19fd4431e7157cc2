import CSystem
import Engine
import Glibc
import Tasks
import Testing
import Training

/// `kinglet schedule` without the command line.
@Suite struct SchedulePreviewTests {
    @Test func csvReadsBackAsTheSameRates() throws {
        for entry in schedules {
            let preview = try previewSchedule(entry.name, settings: [("rate", 0.0123456)], epochs: 7, replay: nil)
            let lines = preview.csv.split(separator: "\n")
            #expect(lines[0] == "epoch,rate")
            let rates = lines.dropFirst().map { Float($0.split(separator: ",")[1]) }
            #expect(rates == preview.points.map { $0.rate }, "\(entry.name)")
            #expect(preview.json.split(separator: "\n").count == rates.count)
            #expect(preview.svg.hasSuffix("</svg>\n") && preview.textPlot().contains("epochs"))
        }
    }

    @Test func replayedAccuraciesDriveTheRate() throws {
        let flat = [Double](repeating: 0.5, count: 13)
        let preview = try previewSchedule("accelat", settings: [("rate", 1e-3)], epochs: nil, replay: flat)
        #expect(preview.csv.hasPrefix("epoch,rate\n0,0.00100000005\n1,0.00100000005\n"))
        #expect(preview.csv.hasSuffix("11,0.000800000038\n12,0.000640000042\n"))
        let brief = try previewSchedule("accelat-brief", settings: [], epochs: nil, replay: flat + flat)
        #expect(brief.points.last?.rate == 0 && brief.points.last?.epoch == 3.25 && brief.notes.count == 1)
    }

    @Test func filesThatAreNoAccuraciesAreRefusedWithTheirLine() throws {
        let path = "/tmp/kinglet-accuracies-\(ks_now())"
        let bad = [
            ("", "no accuracies"), ("\n \n", "no accuracies"), ("0.1\nnan\n", "line 2"),
            ("0.1\n0.2\nhello\n", "line 3"),
            ("0.1 0.2\n", "line 1"), ("0.5\n\n0.5\n", "line 2 is blank"), ("45\n", "percent"), ("-0.1", "line 1"),
            ("inf", "line 1"), ("\u{1}\u{2}", "line 1"),
        ]
        for (text, words) in bad {
            try writeFile(Array(text.utf8), to: path)
            let error = #expect(throws: KingletError.self, "\(text)") { try readAccuracies(path) }
            #expect(
                error?.kind == .badFile && error?.description.contains(words) == true,
                "\(text): \(error?.message ?? "")")
        }
        try writeFile(Array("0.25\r\n 1e-1 \n1\n\n".utf8), to: path)
        #expect(try readAccuracies(path) == [0.25, 0.1, 1])
        unlink(path)
        #expect(throws: KingletError.self) { try readAccuracies("/nowhere") }
    }

    @Test func aScheduleAndItsSettingsAreOneWord() throws {
        let (name, settings) = try parseSchedule("linear:first=2,cycles=1")
        #expect(
            name == "linear" && settings.map { $0.name } == ["first", "cycles"] && settings.map { $0.value } == [2, 1])
        #expect(try parseSchedule("constant").settings.isEmpty)
        for text in ["a:", "a:b", "a:b=", "a:b=x", "a:b=1,"] {
            #expect(throws: KingletError.self, "\(text)") { try parseSchedule(text) }
        }
        for epochs in [0, -1, .nan, 1e9] {
            #expect(throws: KingletError.self) {
                try previewSchedule("constant", settings: [], epochs: epochs, replay: nil)
            }
        }
    }
}
