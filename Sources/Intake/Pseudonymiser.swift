import Banking
import Crypto
import Glibc

/// Turns identifiers into pseudonyms: the first 128 bits of HMAC-SHA256(key, domain ‖ 0x00 ‖ identifier).
///
/// The same identifier gives different pseudonyms in different domains, so an account number that
/// also occurs as a counterpart cannot be joined without the key. Repeated identifiers come from a
/// bounded direct-mapped cache that compares every byte. One per thread.
public struct Pseudonymiser: ~Copyable {
    /// What an identifier stands for. The raw text is part of the digested message.
    public enum Domain: Int, CaseIterable, Sendable {
        case account, card, counterpart, device, replacement

        /// The bytes before the separator.
        public var name: String {
            switch self {
            case .account: "account"
            case .card: "card"
            case .counterpart: "counterpart"
            case .device: "device"
            case .replacement: "replacement"
            }
        }
    }

    /// One cache line: length, 47 bytes of identifier, digest. Longer identifiers are not cached.
    private static let entryBytes = 64
    private static let cachedIdentifierBytes = 47

    /// HMAC after key and domain, by `Domain.rawValue`.
    private let states: [HMAC<SHA256>]
    /// `nil` when there is no memory for a cache; then every identifier is digested.
    private let cache: UnsafeMutableRawPointer?
    private let entriesPerDomain: Int

    /// - Parameters:
    ///   - key: the secret.
    ///   - cacheEntriesPerDomain: rounded up to a power of two; an entry takes 64 bytes once it is used.
    public init(key: PseudonymKey, cacheEntriesPerDomain: Int = 1 << 17) {
        states = Domain.allCases.map { domain in
            var state = HMAC<SHA256>(key: key.symmetric)
            state.update(data: Array(domain.name.utf8) + [0])
            return state
        }
        var entries = 1
        while entries < min(max(cacheEntriesPerDomain, 1), 1 << 24) { entries *= 2 }
        entriesPerDomain = entries
        // Zeroed by the kernel page by page when first touched, so an unused domain costs nothing.
        cache = calloc(entries * Domain.allCases.count, Self.entryBytes)
    }

    deinit { free(cache) }

    /// The pseudonym of an identifier. Empty bytes give `Pseudonym.none`.
    public func pseudonym(_ bytes: UnsafeRawBufferPointer, in domain: Domain) -> Pseudonym {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return .none }
        guard bytes.count <= Self.cachedIdentifierBytes, let cache else { return uncached(bytes, in: domain) }
        let index = Int(truncatingIfNeeded: Digest.digest64(bytes)) & (entriesPerDomain - 1)
        let entry = cache + (domain.rawValue * entriesPerDomain + index) * Self.entryBytes
        // SAFETY: an entry is 64 bytes inside `cache`, and the identifier takes at most 47 after its length.
        if entry.load(as: UInt8.self) == UInt8(truncatingIfNeeded: bytes.count),
            sameBytes(entry + 1, start, bytes.count)
        {
            return Pseudonym(
                high: entry.load(fromByteOffset: 48, as: UInt64.self),
                low: entry.load(fromByteOffset: 56, as: UInt64.self))
        }
        let digest = uncached(bytes, in: domain)
        entry.storeBytes(of: UInt8(truncatingIfNeeded: bytes.count), as: UInt8.self)
        (entry + 1).copyMemory(from: start, byteCount: bytes.count)
        entry.storeBytes(of: digest.high, toByteOffset: 48, as: UInt64.self)
        entry.storeBytes(of: digest.low, toByteOffset: 56, as: UInt64.self)
        return digest
    }

    /// The same of a text's UTF-8 bytes.
    public func pseudonym(_ text: String, in domain: Domain) -> Pseudonym {
        var copy = text
        return copy.withUTF8 { pseudonym(UnsafeRawBufferPointer($0), in: domain) }
    }

    /// The same without the cache.
    public func uncached(_ bytes: UnsafeRawBufferPointer, in domain: Domain) -> Pseudonym {
        var state = states[domain.rawValue]
        state.update(data: bytes)
        return state.finalize().withUnsafeBytes { digest in
            let high = UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
            let low = UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            // All zeros stands for "none"; it would take 2^128 tries to get here.
            return Pseudonym(high: high, low: high | low == 0 ? 1 : low)
        }
    }
}

/// Compares identifiers of at most a cache entry's length, eight bytes at a time.
@inline(__always)
func sameBytes(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
    var offset = 0
    while offset &+ 8 <= count {
        if left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            != right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        {
            return false
        }
        offset &+= 8
    }
    while offset < count {
        if left.load(fromByteOffset: offset, as: UInt8.self)
            != right.load(fromByteOffset: offset, as: UInt8.self)
        {
            return false
        }
        offset &+= 1
    }
    return true
}
