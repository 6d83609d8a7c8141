import Crypto
import Glibc

/// The 256-bit secret by which identifiers become pseudonyms. It lives in a file, never in a log.
public struct PseudonymKey: Sendable {
    let symmetric: SymmetricKey

    /// A key from 32 bytes, for tests and for keys that come from a vault.
    /// - Returns: `nil` unless there are exactly 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        symmetric = SymmetricKey(data: bytes)
    }

    /// Reads the key file; makes it with fresh random bytes (mode 0600) when there is none.
    ///
    /// The file appears complete or not at all, so two processes that start together share one key.
    /// - Parameter path: its folder must exist.
    /// - Throws: `IntakeError` when it cannot be read, can be read by others, or holds no key.
    public static func readOrCreate(path: String) throws(IntakeError) -> PseudonymKey {
        if access(path, F_OK) != 0, errno == ENOENT { try create(path: path) }
        return try PseudonymKey(path: path)
    }

    /// Reads the key file and never makes one.
    /// - Throws: `IntakeError` as in `readOrCreate`.
    public init(path: String) throws(IntakeError) {
        let operation = "reading the key file \(path)"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw IntakeError(.keyFileUnreadable, operation: operation, cause: errorText())
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw IntakeError(.keyFileUnreadable, operation: operation, cause: errorText())
        }
        guard status.st_mode & 0o077 == 0 else {
            throw IntakeError(
                .keyFileReadableByOthers, operation: operation,
                cause: "group or others have rights on it; run chmod 600 on it")
        }
        var text = [UInt8](repeating: 0, count: 80)
        let count = text.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else {
            throw IntakeError(.keyFileUnreadable, operation: operation, cause: errorText())
        }
        guard let bytes = Self.hexadecimalBytes(text[..<count]), let key = PseudonymKey(bytes: bytes) else {
            throw IntakeError(
                .keyFileMalformed, operation: operation,
                cause: "it must hold 64 hexadecimal digits on one line and nothing else")
        }
        self = key
    }

    private static func create(path: String) throws(IntakeError) {
        let operation = "making the key file \(path)"
        var random = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for _ in 0..<32 {
            let byte = Int(UInt8.random(in: 0...255, using: &random))
            text += [digits[byte >> 4], digits[byte & 15]]
        }
        text.append(UInt8(ascii: "\n"))
        // Written beside and linked into place: `link` fails when another process was first.
        let draft = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max, using: &random))"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw IntakeError(.keyFileUnreadable, operation: operation, cause: errorText())
        }
        defer { unlink(draft) }
        let written = text.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        let synced = fsync(descriptor)
        let closed = close(descriptor)
        guard written == text.count, synced == 0, closed == 0 else {
            throw IntakeError(.keyFileUnreadable, operation: operation, cause: errorText())
        }
        guard link(draft, path) == 0 || errno == EEXIST else {
            throw IntakeError(.keyFileUnreadable, operation: operation, cause: errorText())
        }
    }

    private static func hexadecimalBytes(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var digits = text
        while let last = digits.last, last == 10 || last == 13 || last == 32 { digits.removeLast() }
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: digits.startIndex, to: digits.endIndex, by: 2) {
            guard let high = hexadecimalDigit(digits[index]), let low = hexadecimalDigit(digits[index + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}

/// The value of one hexadecimal digit in ASCII.
@inline(__always)
func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// The text of the last failed system call.
func errorText() -> String { String(cString: strerror(errno)) }
