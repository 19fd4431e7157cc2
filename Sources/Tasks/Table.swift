/// Rows of text in aligned columns; those that hold only numbers are set flush right.
public func tableText(_ rows: [[String]], header: [String]? = nil) -> String {
    let all = (header.map { [$0] } ?? []) + rows
    let columns = all.map { $0.count }.max() ?? 0
    var widths = [Int](repeating: 0, count: columns)
    var right = [Bool](repeating: !rows.isEmpty, count: columns)
    for row in all { for (i, cell) in row.enumerated() { widths[i] = max(widths[i], cell.count) } }
    for row in rows {
        for (i, cell) in row.enumerated() where !(cell.isEmpty || cell.first?.isNumber == true || cell.first == "-") {
            right[i] = false
        }
    }
    var text = ""
    for row in all {
        var line = ""
        for (i, cell) in row.enumerated() {
            let space = String(repeating: " ", count: widths[i] - cell.count)
            line += (i == 0 ? "" : "  ") + (right[i] ? space + cell : cell + space)
        }
        while line.last == " " { line.removeLast() }
        text += line + "\n"
    }
    return text
}
