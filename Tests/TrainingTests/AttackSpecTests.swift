import Engine
import Testing
import Training

@Suite struct AttackSpecTests {
    @Test func epsilonIsReadInPixelUnits() throws {
        for (text, pixels) in [
            ("8/255", 8), ("8px", 8), ("0.03", 7.65), ("1", 255), ("0.5px", 0.5), ("4/255", 4), ("3/255", 3),
            ("255/255", 255), ("1/2", 127.5), ("2.55/255", 2.55), ("1e-2", 2.55), (".01", 2.55),
        ] as [(String, Float)] {
            let epsilon = try Epsilon(parsing: text)
            #expect(abs(epsilon.pixels - pixels) <= 1e-6 * pixels, "\(text)")
            #expect(pixels != pixels.rounded() || epsilon.pixels == pixels, "\(text)")
            #expect(try Epsilon(parsing: epsilon.text) == epsilon, "\(text) as \(epsilon.text)")
        }
        #expect(try Epsilon(parsing: "2", norm: .euclidean).pixels == 510)
    }

    @Test func impossibleEpsilonsAreRefusedAndTheReasonIsSaid() {
        for (text, reason) in [
            ("0", "is 0"), ("0px", "is 0"), ("0/255", "is 0"), ("-0.1", "negative"), ("-8/255", "negative"),
            ("8", "8/255"), ("256px", "times the pixel range"), ("300/255", "times the pixel range"),
            ("", "not a number"), ("px", "not a number"), ("8/", "not a number"), ("/255", "not a number"),
            ("8/0", "not a number"), ("nan", "not a number"), ("inf", "not a number"), ("0x1", "not a number"),
            ("1/2/3", "not a number"), ("8 px", "not a number"), ("1e999", "not a number"), ("--1", "not a number"),
        ] {
            do {
                _ = try Epsilon(parsing: text)
                Issue.record("'\(text)' was accepted")
            } catch {
                #expect(error.message.contains(reason) && error.message.contains("8/255"), "\(error.message)")
                #expect(error.exitCode == 64)
            }
        }
    }

    @Test func attacksAreReadAndPrintedCanonically() throws {
        for (text, canonical) in [
            ("none", "clean"), ("clean", "clean"), ("fgsm", "fgsm"), ("fgsm:4px", "fgsm:4/255"), ("fgsm-rs", "fgsm-rs"),
            ("fgsm-rs:8px,10px,3", "fgsm-rs:8/255,10/255,3"), ("nfgsm", "nfgsm"), ("pgd:7", "pgd:7"),
            ("pgd20", "pgd:20"),
            ("pgd:20,8px", "pgd:20,8/255"), ("pgd:20,0.03,2px,5", "pgd:20,7.65/255,2/255,5"),
            ("pgd:20,,,5", "pgd:20,,,5"),
            ("pgd-l2:50,0.5", "pgd-l2:50,127.5/255"), ("pgd-l2", "pgd-l2:20"), ("pgd-margin", "pgd-margin:20"),
            ("deepfool", "deepfool:50"), ("deepfool:20", "deepfool:20"), ("trades", "trades:6"),
            ("trades:2.5", "trades:2.5"),
            ("free:4", "free:4"), ("static", "static"), ("pgd:7,,,1", "pgd:7"),
        ] {
            let spec = try AttackSpec(parsing: text)
            #expect(spec.text == canonical)
            #expect(try AttackSpec(parsing: spec.text) == spec, "\(text)")
        }
        let list = try AttackSpec.list(parsing: "clean,fgsm,pgd:20,4/255,,5,deepfool")
        #expect(list.map(\.text) == ["clean", "fgsm", "pgd:20,4/255,,5", "deepfool:50"])
    }

    @Test func attacksThatMeanNothingAreRefused() {
        for text in [
            "", "pgd", "pgd:", "pgd:0", "pgd:-1", "pgd:x", "pgd:7,8", "pgd:7,8px,0", "pgd:7,8px,1px,0", "pgd:1,,,,",
            "pgd0",
            "pgdx", "pgd20:3", "free", "free:0", "free:x", "trades:0", "trades:-1", "trades:x", "clean:1", "static:3",
            "fgsm:8px,1px",
            "PGD:7", "pgd:7:8", "apgd", "deepfool:0", "pgd:99999999999999999999",
        ] {
            #expect(throws: KingletError.self, "\(text)") { try AttackSpec(parsing: text) }
        }
    }
}
