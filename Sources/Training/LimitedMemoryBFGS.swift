/// Minimises a smooth function by its last steps (limited-memory BFGS; Nocedal and Wright, *Numerical
/// Optimization*, algorithms 7.4 and 7.5) with a diagonal first guess of the Hessian. Deterministic.
struct LimitedMemoryBFGS {
    var memory = 12
    var largestIterationCount = 120
    /// Ends when three steps in a row gain less than this share of the loss.
    var tolerance = 2e-6

    /// - Parameters:
    ///   - start: first point.
    ///   - curvature: positive diagonal of the Hessian, roughly.
    ///   - progress: iteration and loss.
    ///   - function: loss at a point; writes the gradient.
    /// - Returns: the best point and its loss.
    func minimise(
        from start: [Double], curvature: [Double], progress: (Int, Double) -> Void = { _, _ in },
        _ function: ([Double], inout [Double]) -> Double
    ) -> (point: [Double], loss: Double) {
        var point = start
        var gradient = [Double](repeating: 0, count: start.count)
        var loss = function(point, &gradient)
        var steps: [(move: [Double], change: [Double], inverse: Double)] = []
        var smallGains = 0
        for iteration in 0..<largestIterationCount {
            var direction = self.direction(gradient, steps, curvature)
            var slope = dot(direction, gradient)
            if slope >= 0 {
                steps.removeAll()
                direction = self.direction(gradient, steps, curvature)
                slope = dot(direction, gradient)
            }
            guard slope < 0 else { break }
            var length = 1.0
            var found: (point: [Double], gradient: [Double], loss: Double)?
            for _ in 0..<20 {
                let candidate = zip(point, direction).map { $0 + length * $1 }
                var candidateGradient = gradient
                let candidateLoss = function(candidate, &candidateGradient)
                if candidateLoss <= loss + 1e-4 * length * slope {
                    found = (candidate, candidateGradient, candidateLoss)
                    break
                }
                // The lowest point of the parabola through what is known, within sane limits.
                let rise = candidateLoss - loss - length * slope
                let best = rise > 0 ? -slope * length * length / (2 * rise) : length / 2
                length = min(max(best, length * 0.1), length * 0.5)
            }
            guard let found else { break }
            let move = zip(found.point, point).map { $0 - $1 }
            let change = zip(found.gradient, gradient).map { $0 - $1 }
            let product = dot(move, change)
            if product > 1e-12 * dot(change, change).squareRoot() {
                steps.append((move, change, 1 / product))
                if steps.count > memory { steps.removeFirst() }
            }
            smallGains = loss - found.loss < tolerance * abs(found.loss) ? smallGains + 1 : 0
            (point, gradient, loss) = found
            progress(iteration + 1, loss)
            if smallGains >= 3 { break }
        }
        return (point, loss)
    }

    /// Two loops over the remembered steps, around the diagonal.
    private func direction(
        _ gradient: [Double], _ steps: [(move: [Double], change: [Double], inverse: Double)],
        _ curvature: [Double]
    ) -> [Double] {
        var result = gradient.map { -$0 }
        var factors = [Double](repeating: 0, count: steps.count)
        for place in steps.indices.reversed() {
            factors[place] = steps[place].inverse * dot(steps[place].move, result)
            for index in result.indices { result[index] -= factors[place] * steps[place].change[index] }
        }
        // Scales the diagonal so that it agrees with the last step.
        var scale = 1.0
        if let last = steps.last {
            var weighted = 0.0
            for index in result.indices {
                weighted += last.change[index] * last.change[index] / curvature[index]
            }
            if weighted > 0 { scale = 1 / (last.inverse * weighted) }
        }
        for index in result.indices { result[index] *= scale / curvature[index] }
        for place in steps.indices {
            let factor = factors[place] - steps[place].inverse * dot(steps[place].change, result)
            for index in result.indices { result[index] += factor * steps[place].move[index] }
        }
        return result
    }

    private func dot(_ left: [Double], _ right: [Double]) -> Double {
        var sum = 0.0
        for index in left.indices { sum += left[index] * right[index] }
        return sum
    }
}
