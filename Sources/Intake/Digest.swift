import Banking

/// Fast unkeyed digests for identifiers that are no secrets: transaction and merchant identifiers.
///
/// Sixteen bytes a step are folded by a 64 × 64 → 128 bit multiplication whose halves are xored (the
/// multiply-fold of the wyhash family, with own constants: fraction digits of π and e). Little-endian
/// loads, so every machine gives the same digest. Not for adversaries: use `Pseudonymiser` for those.
public enum Digest {
    @usableFromInline static let keys: (UInt64, UInt64, UInt64, UInt64) = (
        0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7345, 0xB7E1_5162_8AED_2A6B, 0xBF71_5880_9CF4_F3C7
    )

    /// 64-bit digest of any bytes; `Transaction.idHash` is that of `id`.
    @inlinable public static func digest64(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        absorb(bytes, seed: keys.0)
    }

    /// 128-bit digest of any bytes; `Merchant.key` is that of `id`. Never `Pseudonym.none`.
    @inlinable public static func digest128(_ bytes: UnsafeRawBufferPointer) -> Pseudonym {
        let low = absorb(bytes, seed: keys.2)
        return Pseudonym(high: absorb(bytes, seed: keys.3), low: low == 0 ? 1 : low)
    }

    /// The same of a text's UTF-8 bytes.
    public static func digest64(_ text: String) -> UInt64 {
        var copy = text
        return copy.withUTF8 { digest64(UnsafeRawBufferPointer($0)) }
    }

    /// The same of a text's UTF-8 bytes.
    public static func digest128(_ text: String) -> Pseudonym {
        var copy = text
        return copy.withUTF8 { digest128(UnsafeRawBufferPointer($0)) }
    }

    @inlinable @inline(__always)
    static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    @inlinable static func absorb(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        var state = seed
        var offset = 0
        while bytes.count - offset > 16 {
            let first = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let second = UInt64(
                littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
            state = fold(first ^ keys.1, second ^ state)
            offset += 16
        }
        let tail = UnsafeRawBufferPointer(rebasing: bytes[offset...])
        let first = partial(tail, from: 0)
        let second = partial(tail, from: 8)
        state = fold(first ^ keys.1, second ^ state)
        return fold(state ^ keys.3, UInt64(bytes.count) ^ keys.2)
    }

    /// Up to eight bytes from `start`, as a little-endian number padded with zeros.
    @inlinable @inline(__always)
    static func partial(_ bytes: UnsafeRawBufferPointer, from start: Int) -> UInt64 {
        let count = bytes.count - start
        if count >= 8 {
            return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        }
        var value: UInt64 = 0
        var index = count
        while index > 0 {
            index -= 1
            value = value << 8 | UInt64(bytes[start + index])
        }
        return value
    }
}
