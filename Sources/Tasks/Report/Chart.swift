import CSystem

/// Lines over a common x axis, as inline SVG that takes its colours from the page.
struct Chart {
    struct Line {
        var name: String
        var points: [(x: Double, y: Double)]
        /// Ends of a vertical bar at each point.
        var bars: [(low: Double, high: Double)] = []
    }

    var title: String
    var x: String
    /// Text of a value on the y axis.
    var y: (Double) -> String
    var lines: [Line]
    /// The y axis counts powers of ten.
    var logarithmic = false
    /// The y axis shows at least this much.
    var range: (low: Double, high: Double)?

    private static let (width, height) = (560.0, 300.0)
    private static let (left, right, top, bottom) = (58.0, 18.0, 14.0, 42.0)

    /// Empty where there are no two points to join.
    var svg: String {
        let drawn = lines.map { line in
            var line = line
            line.points = line.points.filter { $0.x.isFinite && $0.y.isFinite && (!logarithmic || $0.y > 0) }
            if line.points.count != line.bars.count { line.bars = [] }
            return line
        }.filter { !$0.points.isEmpty }
        guard drawn.contains(where: { $0.points.count > 1 }) else { return "" }
        let all = drawn.flatMap { $0.points }
        let across = Axis(all.map { $0.x }, count: 6)
        let up = Axis(
            all.map { scaled($0.y) } + drawn.flatMap { $0.bars.flatMap { [scaled($0.low), scaled($0.high)] } }
                + (range.map { [$0.low, $0.high] } ?? []), count: 5, whole: logarithmic)
        func px(_ x: Double) -> Double { Chart.left + across.part(x) * (Chart.width - Chart.left - Chart.right) }
        func py(_ y: Double) -> Double {
            Chart.height - Chart.bottom - up.part(y) * (Chart.height - Chart.top - Chart.bottom)
        }
        var out = "<figure><figcaption>\(escaped(title))</figcaption>"
        out += "<svg viewBox=\"0 0 \(decimals(Chart.width, 0)) \(decimals(Chart.height, 0))\" role=\"img\""
        out += " aria-label=\"\(escaped(title))\">\n"
        for tick in up.ticks {
            let text = y(logarithmic ? ks_pow(10, tick) : tick)
            out += line("grid", px(across.low), py(tick), px(across.high), py(tick))
            out += label(text, Chart.left - 8, py(tick) + 4, "end")
        }
        for tick in across.ticks {
            out += line("tick", px(tick), py(up.low), px(tick), py(up.low) + 5)
            out += label(across.text(tick), px(tick), py(up.low) + 18, "middle")
        }
        out += line("axis", px(across.low), py(up.low), px(across.high), py(up.low))
        out += label(x, (px(across.low) + px(across.high)) / 2, Chart.height - 6, "middle")
        for (i, series) in drawn.enumerated() {
            let path = series.points.map { "\(decimals(px($0.x), 1)),\(decimals(py(scaled($0.y)), 1))" }
            out += "<g class=\"line s\(i % 6)\">"
            out += "<polyline points=\"\(path.joined(separator: " "))\"/>"
            for (point, bar) in zip(series.points, series.bars) {
                out += line("bar", px(point.x), py(scaled(bar.low)), px(point.x), py(scaled(bar.high)))
            }
            if series.points.count <= 60 {
                for point in series.points {
                    out +=
                        "<circle cx=\"\(decimals(px(point.x), 1))\" cy=\"\(decimals(py(scaled(point.y)), 1))\" r=\"2.6\">"
                    out +=
                        "<title>\(escaped("\(series.name), \(x) \(decimals(point.x, 2)): \(y(point.y))"))</title></circle>"
                }
            }
            out += "</g>\n"
        }
        return out + "</svg>" + legend(drawn) + "</figure>\n"
    }

    private func scaled(_ y: Double) -> Double { logarithmic ? ks_log(y) / ks_log(10) : y }

    private func line(_ kind: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
        let (a, b, c, d) = (decimals(x1, 1), decimals(y1, 1), decimals(x2, 1), decimals(y2, 1))
        return "<line class=\"\(kind)\" x1=\"\(a)\" y1=\"\(b)\" x2=\"\(c)\" y2=\"\(d)\"/>"
    }

    private func label(_ text: String, _ x: Double, _ y: Double, _ anchor: String) -> String {
        "<text x=\"\(decimals(x, 1))\" y=\"\(decimals(y, 1))\" text-anchor=\"\(anchor)\">\(escaped(text))</text>\n"
    }

    private func legend(_ drawn: [Line]) -> String {
        if drawn.count < 2 { return "" }
        let names = drawn.enumerated().map { i, line in
            "<span><svg class=\"key\" viewBox=\"0 0 28 8\"><g class=\"line s\(i % 6)\">"
                + "<polyline points=\"0,4 28,4\"/></g></svg> \(escaped(line.name))</span>"
        }
        return "<p class=\"legend\">\(names.joined(separator: " "))</p>"
    }
}

/// A scale with ticks at round values.
struct Axis {
    let low: Double
    let high: Double
    let step: Double

    /// Holds all `values` and has about `count` ticks; `whole`: only at whole numbers.
    init(_ values: [Double], count: Int, whole: Bool = false) {
        var (low, high) = (values.min() ?? 0, values.max() ?? 1)
        if high - low < 1e-12 * max(abs(low), abs(high), 1e-9) {
            let margin = max(abs(low) * 0.1, whole ? 1 : 0.1)
            (low, high) = (low - margin, high + margin)
        }
        let rough = (high - low) / Double(count)
        var unit = 1.0
        while unit > rough { unit /= 10 }
        while unit * 10 <= rough { unit *= 10 }
        let times = [1.0, 2, 5, 10].first { $0 * unit >= rough } ?? 10
        step = whole ? max(times * unit, 1).rounded() : times * unit
        self.low = (low / step + 1e-9).rounded(.down) * step
        self.high = (high / step - 1e-9).rounded(.up) * step
    }

    /// 0 at the low end, 1 at the high one.
    func part(_ value: Double) -> Double { (value - low) / (high - low) }

    var ticks: [Double] { (0...Int(((high - low) / step).rounded())).map { low + Double($0) * step } }

    func text(_ value: Double) -> String {
        var (digits, unit) = (0, step)
        while unit < 0.999_999, digits < 9 { (digits, unit) = (digits + 1, unit * 10) }
        return decimals(value, digits)
    }
}
