import Tasks
import Testing

@Suite struct TextTests {
    @Test func jsonQuotesWhatItMust() {
        let value = JSON.object([
            ("a", .string("x\"\\\n\u{1}é")),
            ("b", .array([.int(-3), .number(0.5), .number(.nan), .bool(true), .null])),
        ])
        #expect(value.text == #"{"a":"x\"\\\n\u0001é","b":[-3,0.5,null,true,null]}"#)
        #expect(JSON.ms(1_234_567).text == "1.235")
    }

    @Test func sizesAreReadAndWritten() {
        let cases: [(String, Int?)] = [
            ("64M", 64 << 20), ("1.5GiB", 3 << 29), ("4096", 4096), ("8kb", 8192), ("", nil), ("-1", nil), ("3X", nil),
            ("9999999999G", nil),
        ]
        for (text, bytes) in cases { #expect(parseBytes(text) == bytes, "\(text)") }
        #expect(bytesText(5 << 20) == "5.00 MB")
        #expect(countText(11_900_000) == "11.9 M")
        #expect(decimals(-0.004, 2) == "0.00")
        #expect(decimals(1.995, 1) == "2.0")
    }

    @Test func numberListsAreReadWholeOrNotAtAll() {
        #expect(parseNumbers("123.675,116.28,103.53") == [123.675, 116.28, 103.53])
        for bad in ["", "1,", "a", "inf", "1;2"] { #expect(parseNumbers(bad) == nil, "\(bad)") }
    }

    @Test func tablesAlignNumbersRight() {
        #expect(tableText([["a", "5"], ["bcd", "10"]], header: ["x", "n"]) == "x     n\na     5\nbcd  10\n")
    }
}
