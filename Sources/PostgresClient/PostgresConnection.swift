import CPostgres
import Glibc

/// One connection to PostgreSQL, used by one thread at a time.
///
/// Every call has a deadline of its own, kept by this side: the socket is never waited for with anything but
/// `poll` until the deadline. When it passes, the connection is closed, because nobody knows what the server
/// is still doing with it; the caller opens another one. A stopped server therefore never hangs a thread.
/// (Resolving a host name is the exception: that is up to the system's resolver.)
public final class PostgresConnection {
    /// SAFETY: made by `PQconnectStart`, finished exactly once by `close()`; nothing else keeps it.
    private(set) var handle: OpaquePointer?
    /// How long a call may take unless it says otherwise.
    public var deadline: Duration
    /// Names of the statements that this connection has prepared.
    var preparedNames: Set<String> = []
    var parameters = PostgresParameters()

    /// Connects.
    /// - Parameters:
    ///   - conninfo: libpq's key-value string or `postgresql://` URL; what it leaves out comes from `PG*`
    ///     variables.
    ///   - deadline: for connecting and, unless they say otherwise, for all later calls.
    /// - Throws: `invalidInput` for a string that cannot be read (its text is not repeated: it may hold a
    ///   password), otherwise `connectFailed`, `deadlineExceeded`, or the server's refusal.
    public init(conninfo: String, deadline: Duration = .seconds(10)) throws {
        self.deadline = deadline
        guard let options = PQconninfoParse(conninfo, nil) else {
            throw PostgresError(
                code: .invalidInput, operation: "connect",
                cause: "the connection string cannot be read; write postgresql://user@host:port/database")
        }
        PQconninfoFree(options)
        handle = PQconnectStart(conninfo)
        do {
            try finishConnecting(until: .now + deadline)
        } catch {
            close()
            throw error
        }
    }

    deinit { close() }

    /// Says goodbye and gives the socket back. Later calls throw `closed`.
    public func close() {
        guard let handle else { return }
        PQfinish(handle)
        self.handle = nil
        preparedNames = []
    }

    /// Closes without a word to the server: used after a deadline, when even writing might wait.
    func abandon() {
        if let handle { _ = shutdown(PQsocket(handle), Int32(SHUT_RDWR)) }
        close()
    }

    public var isOpen: Bool { handle.map { PQstatus($0) == CONNECTION_OK } ?? false }

    /// Process number of the server process behind this connection.
    public var serverProcess: Int32 { handle.map { PQbackendPID($0) } ?? 0 }

    /// Whether a transaction is open, also one that failed.
    public var isInTransaction: Bool {
        guard let handle else { return false }
        return [PQTRANS_INTRANS, PQTRANS_INERROR].contains(PQtransactionStatus(handle))
    }

    func openHandle(_ operation: String) throws -> OpaquePointer {
        guard let handle else {
            throw PostgresError(code: .closed, operation: operation, cause: "the connection is closed")
        }
        return handle
    }

    private func finishConnecting(until end: ContinuousClock.Instant) throws {
        guard let handle, PQstatus(handle) != CONNECTION_BAD else { throw connectFault() }
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            guard state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING else {
                throw connectFault()
            }
            let events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT
            guard try Self.wait(socket: PQsocket(handle), for: Int16(events), until: end) else {
                abandon()
                throw PostgresError(
                    code: .deadlineExceeded, operation: "connect", cause: "no answer in time")
            }
            state = PQconnectPoll(handle)
        }
        // Notices are for people at a prompt; what matters here arrives as an error.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        guard PQsetnonblocking(handle, 1) == 0 else { throw connectFault() }
    }

    private func connectFault() -> PostgresError {
        // libpq may add a second line with its guess; several hosts give several lines.
        let message = handle.map { String(cString: PQerrorMessage($0)) } ?? "out of memory"
        let lines = message.split(separator: "\n").map { $0.trimmingPrefix { $0.isWhitespace } }
        let cause = lines.joined(separator: " ")
        return PostgresError(code: .connectFailed, operation: "connect", cause: cause)
    }

    /// Waits until the socket can do one of `events` (or broke, which the next call will notice).
    /// - Returns: false when the deadline passed first.
    static func wait(
        socket: Int32, for events: Int16, until end: ContinuousClock.Instant
    ) throws -> Bool {
        guard socket >= 0 else {
            throw PostgresError(code: .connectionLost, operation: "wait", cause: "no socket")
        }
        while true {
            let left = ContinuousClock.now.duration(to: end).components
            guard left.seconds >= 0, left.attoseconds >= 0 else { return false }
            // One more millisecond: rounding down would spin during the last one.
            let fraction = left.attoseconds / 1_000_000_000_000_000
            let milliseconds = min(left.seconds, 1_000_000) * 1000 + fraction + 1
            var descriptor = pollfd(fd: socket, events: events, revents: 0)
            let ready = poll(&descriptor, 1, Int32(truncatingIfNeeded: milliseconds))
            if ready > 0 { return true }
            if ready < 0, errno != EINTR {
                throw PostgresError(code: .connectionLost, operation: "wait", cause: "poll failed")
            }
        }
    }
}
