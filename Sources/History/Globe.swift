import Banking

/// Distances on the globe without the C library: the same bits everywhere.
enum Globe {
    /// Great-circle distance in kilometres on a sphere of radius 6371.0088 km (IUGG mean radius).
    ///
    /// The chord between two unit vectors, then its arc: good to 1 m for any two places.
    /// NaN when a place is unknown or out of range.
    static func kilometres(_ a: Position, _ b: Position) -> Double {
        let (fromLatitude, fromLongitude) = (Double(a.latitude), Double(a.longitude))
        let (toLatitude, toLongitude) = (Double(b.latitude), Double(b.longitude))
        guard abs(fromLatitude) <= 90, abs(toLatitude) <= 90 else { return .nan }
        guard abs(fromLongitude) <= 180, abs(toLongitude) <= 180 else { return .nan }
        let radian = 0.017_453_292_519_943_295
        let halfRise = sine((toLatitude - fromLatitude) * 0.5 * radian)
        var turn = abs(toLongitude - fromLongitude)
        if turn > 180 { turn = 360 - turn }
        let halfTurn = sine(turn * 0.5 * radian)
        // cos x = sin(90° − x), whose argument stays within ±90°.
        let cosines = sine((90 - abs(fromLatitude)) * radian) * sine((90 - abs(toLatitude)) * radian)
        let haversine = halfRise * halfRise + cosines * halfTurn * halfTurn
        return 2 * 6371.0088 * arcsine(min(haversine, 1).squareRoot())
    }

    /// sin x for |x| ≤ π/2 by the Taylor series to the 17th power.
    @inline(__always) static func sine(_ x: Double) -> Double {
        let z = x * x
        var series = 1.0 / 355_687_428_096_000
        series = series * z - 1.0 / 1_307_674_368_000
        series = series * z + 1.0 / 6_227_020_800
        series = series * z - 1.0 / 39_916_800
        series = series * z + 1.0 / 362_880
        series = series * z - 1.0 / 5040
        series = series * z + 1.0 / 120
        series = series * z - 1.0 / 6
        return x + x * z * series
    }

    /// asin x for 0 ≤ x ≤ 1: the angle is halved twice, then the power series.
    ///
    /// sin(θ/2) = x / √(2(1 + √(1 − x²))).
    @inline(__always) static func arcsine(_ x: Double) -> Double {
        let half = x / (2 * (1 + (1 - x * x).squareRoot())).squareRoot()
        let quarter = half / (2 * (1 + (1 - half * half).squareRoot())).squareRoot()
        let z = quarter * quarter
        var series = 12_155.0 / 1_245_184
        series = series * z + 6435.0 / 557_056
        series = series * z + 143.0 / 10_240
        series = series * z + 231.0 / 13_312
        series = series * z + 63.0 / 2816
        series = series * z + 35.0 / 1152
        series = series * z + 5.0 / 112
        series = series * z + 3.0 / 40
        series = series * z + 1.0 / 6
        return 4 * (quarter + quarter * z * series)
    }
}
