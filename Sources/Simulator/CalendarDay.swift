import Banking

/// A UTC day with its calendar date.
struct CalendarDay: Sendable {
    /// Whole days since 1970-01-01.
    let day: Int64
    let year: Int
    let month: Int
    let dayOfMonth: Int
    /// 1 = Monday … 7 = Sunday.
    let weekday: Int

    init(_ day: Int64) {
        self.day = day
        let moment = Timestamp(seconds: day * 86_400)
        (year, month, dayOfMonth) = moment.date
        weekday = moment.weekday
    }

    var isWeekend: Bool { weekday >= 6 }
    var startSeconds: Int64 { day * 86_400 }

    /// Whether an order for day `nominal` (1…26) of every month is carried out today: on that day, or on
    /// the Monday after when it falls on a weekend.
    func isDue(_ nominal: Int) -> Bool {
        if isWeekend { return false }
        if nominal == dayOfMonth { return true }
        return weekday == 1 && (nominal == dayOfMonth - 1 || nominal == dayOfMonth - 2)
    }

    /// How much more people travel: summer, Easter weeks, end of the year.
    var holidayFactor: Double {
        switch month {
        case 7, 8: 3
        case 4, 12: 1.6
        case 2, 5, 6, 9: 1
        default: 0.6
        }
    }
}
