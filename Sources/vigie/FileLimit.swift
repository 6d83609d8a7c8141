import Glibc

/// How many files, sockets and pipes this process may have open.
enum FileLimit {
    /// With fewer, a client of Kafka that finds another broker fails in ways that say nothing of the cause.
    static let least: rlim_t = 256
    /// More than clients of a large cluster need.
    static let most: rlim_t = 16_384

    /// Takes as many as the system allows, up to `most`.
    /// - Throws: when it allows fewer than `least`.
    static func raise() throws(UsageError) {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        let allowed = min(limit.rlim_max, most)
        if limit.rlim_cur < allowed {
            limit.rlim_cur = allowed
            _ = setrlimit(resource, &limit)
            _ = getrlimit(resource, &limit)
        }
        guard limit.rlim_cur >= least else {
            throw UsageError(
                "only \(limit.rlim_cur) files may be open and \(least) are needed; raise ulimit -n (or "
                    + "LimitNOFILE of the service's unit)")
        }
    }
}
