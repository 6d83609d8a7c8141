#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Nanoseconds of the monotonic clock: for durations alone, never for facts.
struct MonotonicClock: Sendable {
    @inline(__always) var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

let clock = MonotonicClock()
