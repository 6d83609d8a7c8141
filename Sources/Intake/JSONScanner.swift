/// Reads one JSON text (RFC 8259) in a single pass and notes where the wanted values stand.
///
/// Everything is checked, also what nobody asked for: syntax, UTF-8, depth, trailing bytes. Nothing is
/// copied except texts with escapes, which are decoded into the scratch memory. A method that returns
/// `false` has set `failure`.
struct JSONScanner {
    let base: UnsafeRawPointer
    let end: Int
    var position = 0
    let tree: KeyTree
    let values: UnsafeMutablePointer<RawValue>
    let scratch: UnsafeMutableRawPointer
    var scratchUsed = 0
    let depthLimit: Int
    var failure = RejectionReason.invalidJSON
    /// Slot of the value at fault; −1: the record; −2: the `merchant` object.
    var failedSlot: Int32 = -1

    /// - Parameters:
    ///   - bytes: not empty; valid until the values have been used.
    ///   - scratch: room for at least as many bytes.
    init(
        _ bytes: UnsafeRawBufferPointer, base: UnsafeRawPointer, tree: KeyTree,
        values: UnsafeMutablePointer<RawValue>, scratch: UnsafeMutableRawPointer, depthLimit: Int
    ) {
        self.base = base
        end = bytes.count
        self.tree = tree
        self.values = values
        self.scratch = scratch
        self.depthLimit = min(depthLimit, 64)
    }

    /// Reads the whole text. The top level must be an object; `null` alone counts as a tombstone.
    mutating func scanRecord() -> Bool {
        skipSpace()
        guard position < end else { return fail(.invalidJSON) }
        let first = byte(position)
        let isObject = first == UInt8(ascii: "{")
        guard scanValue(node: isObject ? 0 : -1, depth: 0) else { return false }
        skipSpace()
        guard position == end else { return fail(.invalidJSON) }
        if isObject { return true }
        return fail(first == UInt8(ascii: "n") ? .tombstone : .notAnObject)
    }

    @inline(__always)
    func byte(_ offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }

    mutating func fail(_ reason: RejectionReason, slot: Int32 = -1) -> Bool {
        failure = reason
        failedSlot = slot
        return false
    }

    @inline(__always)
    mutating func skipSpace() {
        while position < end {
            let next = byte(position)
            guard next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 else { return }
            position &+= 1
        }
    }

    /// Reads the value at `position` (no space before it); `node` is its place in the tree or −1.
    mutating func scanValue(node: Int32, depth: Int) -> Bool {
        guard position < end else { return fail(.invalidJSON) }
        let slot = node >= 0 ? tree.nodes[Int(node)].slot : -1
        let first = byte(position)
        let start = position
        var value = RawValue()
        switch first {
        case UInt8(ascii: "\""):
            position &+= 1
            guard scanText(into: &value, isKept: slot >= 0) else {
                failedSlot = failure == .nullCharacter ? slot : -1
                return false
            }
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            guard scanNumber(slot: slot) else { return false }
            value = RawValue(.number, base + start, position - start)
        case UInt8(ascii: "{"):
            guard scanObject(node: node, depth: depth + 1) else { return false }
            value = RawValue(.object, base + start, position - start)
        case UInt8(ascii: "["):
            guard scanArray(node: node, depth: depth + 1) else { return false }
            value = RawValue(.array, base + start, position - start)
        default:
            guard let kind = scanWord(slot: slot) else { return false }
            value = RawValue(kind, base + start, position - start)
        }
        guard node >= 0 else { return true }
        if tree.nodes[Int(node)].isStrictObject, value.kind != .object, value.kind != .null {
            return fail(.wrongType, slot: -2)
        }
        guard slot >= 0 else { return true }
        guard values[Int(slot)].kind == .absent else { return fail(.duplicateField, slot: slot) }
        values[Int(slot)] = value
        return true
    }

    private mutating func scanObject(node: Int32, depth: Int) -> Bool {
        guard depth <= depthLimit else { return fail(.tooDeep) }
        position &+= 1
        skipSpace()
        if position < end, byte(position) == UInt8(ascii: "}") {
            position &+= 1
            return true
        }
        let hasTable = node >= 0 && tree.nodes[Int(node)].tableMask >= 0
        while position < end, byte(position) == UInt8(ascii: "\"") {
            position &+= 1
            var key = RawValue()
            guard scanText(into: &key, isKept: false) else { return false }
            let child = hasTable ? find(key, in: node) : -1
            skipSpace()
            guard position < end, byte(position) == UInt8(ascii: ":") else { return fail(.invalidJSON) }
            position &+= 1
            skipSpace()
            guard scanValue(node: child, depth: depth) else { return false }
            skipSpace()
            guard position < end else { return fail(.invalidJSON) }
            let separator = byte(position)
            position &+= 1
            if separator == UInt8(ascii: "}") { return true }
            guard separator == UInt8(ascii: ",") else { return fail(.invalidJSON) }
            skipSpace()
        }
        return fail(.invalidJSON)
    }

    private mutating func scanArray(node: Int32, depth: Int) -> Bool {
        guard depth <= depthLimit else { return fail(.tooDeep) }
        position &+= 1
        skipSpace()
        if position < end, byte(position) == UInt8(ascii: "]") {
            position &+= 1
            return true
        }
        var index: Int32 = 0
        while true {
            let child = node >= 0 ? element(index, in: node) : -1
            guard scanValue(node: child, depth: depth) else { return false }
            index &+= 1
            skipSpace()
            guard position < end else { return fail(.invalidJSON) }
            let separator = byte(position)
            position &+= 1
            if separator == UInt8(ascii: "]") { return true }
            guard separator == UInt8(ascii: ",") else { return fail(.invalidJSON) }
            skipSpace()
        }
    }

    /// The child of `node` under this key, or −1.
    @inline(__always)
    private func find(_ key: RawValue, in node: Int32) -> Int32 {
        let place = tree.nodes[Int(node)]
        guard let start = key.start else { return -1 }
        let hash = KeyTree.hash(key.bytes)
        var index = Int32(truncatingIfNeeded: hash) & place.tableMask
        while true {
            let entry = tree.entries[Int(place.tableStart &+ index)]
            if entry.child < 0 { return -1 }
            if entry.hash == hash, Int(entry.keyCount) == key.count,
                sameBytes(tree.keys + Int(entry.keyStart), start, key.count)
            {
                return entry.child
            }
            index = (index &+ 1) & place.tableMask
        }
    }

    private func element(_ index: Int32, in node: Int32) -> Int32 {
        let place = tree.nodes[Int(node)]
        for offset in 0..<place.elementCount {
            let element = tree.elements[Int(place.elementStart + offset)]
            if element.index == index { return element.child }
        }
        return -1
    }
}
