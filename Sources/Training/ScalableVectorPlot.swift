/// A small line plot as an SVG file: axes, grid, one or more lines, nothing to load.
struct ScalableVectorPlot {
    struct Line {
        var points: [(x: Double, y: Double)]
        var color: String
        var isDashed = false
        var hasMarkers = false
        var label: String
    }

    var title: String
    var xTitle: String
    var yTitle: String
    var xRange = 0.0...1.0
    var yRange = 0.0...1.0
    /// Values at which the axes are labelled.
    var xTicks: [(value: Double, text: String)]
    var yTicks: [(value: Double, text: String)]
    var lines: [Line] = []
    /// Upper left corner of the legend; a free place of the plot.
    var legend = (x: 430.0, y: 62.0)

    private static let (width, height) = (640.0, 480.0)
    private static let (left, right, top, bottom) = (70.0, 20.0, 44.0, 60.0)

    /// Evenly spaced labels 0, 0.2 … 1.
    static let shares: [(value: Double, text: String)] = (0...5).map {
        (Double($0) / 5, ["0", "0.2", "0.4", "0.6", "0.8", "1"][$0])
    }

    /// The file's text.
    var svg: String {
        let (w, h) = (Int(Self.width), Int(Self.height))
        var parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(w) \(h)\" width=\"\(w)\" "
                + "height=\"\(h)\" font-family=\"sans-serif\" font-size=\"13\">",
            "<rect width=\"\(w)\" height=\"\(h)\" fill=\"white\"/>",
            text(Self.width / 2, 24, title, anchor: "middle", size: 16),
            text(Self.width / 2 + 25, Self.height - 14, xTitle, anchor: "middle"),
            "<g transform=\"rotate(-90 18 \(h / 2))\">"
                + text(18, Self.height / 2, yTitle, anchor: "middle") + "</g>",
        ]
        for tick in xTicks {
            let x = x(tick.value)
            parts.append(segment(x, y(yRange.lowerBound), x, y(yRange.upperBound), color: "#dddddd"))
            parts.append(text(x, y(yRange.lowerBound) + 18, tick.text, anchor: "middle"))
        }
        for tick in yTicks {
            let y = y(tick.value)
            parts.append(segment(x(xRange.lowerBound), y, x(xRange.upperBound), y, color: "#dddddd"))
            parts.append(text(x(xRange.lowerBound) - 8, y + 4, tick.text, anchor: "end"))
        }
        for line in lines { parts.append(draw(line)) }
        for (place, line) in lines.enumerated() {
            let (x, y) = (legend.x, legend.y + Double(place) * 20)
            parts.append(
                segment(x, y - 4, x + 24, y - 4, color: line.color, width: 2, isDashed: line.isDashed))
            parts.append(text(x + 32, y, line.label))
        }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    private func draw(_ line: Line) -> String {
        let inside = line.points.filter { xRange.contains($0.x) && yRange.contains($0.y) }
        let places = inside.map { "\(number(x($0.x))),\(number(y($0.y)))" }
        let dash = line.isDashed ? " stroke-dasharray=\"6 5\"" : ""
        var parts = [
            "<polyline points=\"\(places.joined(separator: " "))\" fill=\"none\" stroke=\"\(line.color)\" "
                + "stroke-width=\"2\"\(dash)/>"
        ]
        if line.hasMarkers {
            parts += inside.map {
                "<circle cx=\"\(number(x($0.x)))\" cy=\"\(number(y($0.y)))\" r=\"4\" fill=\"\(line.color)\"/>"
            }
        }
        return parts.joined(separator: "\n")
    }

    private func x(_ value: Double) -> Double {
        Self.left + (value - xRange.lowerBound) / (xRange.upperBound - xRange.lowerBound)
            * (Self.width - Self.left - Self.right)
    }

    private func y(_ value: Double) -> Double {
        Self.height - Self.bottom - (value - yRange.lowerBound) / (yRange.upperBound - yRange.lowerBound)
            * (Self.height - Self.top - Self.bottom)
    }

    private func segment(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String, width: Int = 1,
        isDashed: Bool = false
    ) -> String {
        "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" "
            + "stroke=\"\(color)\" stroke-width=\"\(width)\""
            + (isDashed ? " stroke-dasharray=\"6 5\"" : "") + "/>"
    }

    private func text(
        _ x: Double, _ y: Double, _ text: String, anchor: String = "start", size: Int = 13
    ) -> String {
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        return
            "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\" font-size=\"\(size)\" "
            + "fill=\"#222222\">\(escaped)</text>"
    }

    /// One digit behind the point.
    private func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}
