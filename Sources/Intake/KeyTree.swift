/// The field names that a JSON reader looks for, as a tree of small hash tables in one piece of memory.
///
/// Built once from a list of paths; looking up a key costs one hash and one comparison.
final class KeyTree: @unchecked Sendable {
    // SAFETY: immutable after `init`; that is why sharing between threads is sound.

    /// One step of a path.
    enum Step: Hashable {
        case key(String)
        case element(Int)
    }

    struct Node {
        var tableStart: Int32 = 0
        /// Size of the table minus one; −1 for a node without named children.
        var tableMask: Int32 = -1
        /// Where the value goes; −1 when only something inside it is wanted.
        var slot: Int32 = -1
        var elementStart: Int32 = 0
        var elementCount: Int32 = 0
        /// The value must be an object or null (the canonical `merchant`).
        var isStrictObject = false
    }

    struct Entry {
        var hash: UInt32 = 0
        var child: Int32 = -1
        var keyStart: Int32 = 0
        var keyCount: Int32 = 0
    }

    struct Element {
        var index: Int32
        var child: Int32
    }

    let nodes: UnsafeMutablePointer<Node>
    let entries: UnsafeMutablePointer<Entry>
    let elements: UnsafeMutablePointer<Element>
    let keys: UnsafeMutableRawPointer

    /// - Parameters:
    ///   - paths: path and slot; several paths may share a slot, and then exclude each other.
    ///   - strictObjects: top-level keys whose value must be an object.
    init(paths: [(path: [Step], slot: Int)], strictObjects: Set<String> = []) {
        var drafts = [Draft()]
        for (path, slot) in paths {
            var node = 0
            for step in path {
                if let child = drafts[node].children.first(where: { $0.step == step })?.node {
                    node = child
                } else {
                    drafts.append(Draft())
                    drafts[node].children.append((step, drafts.count - 1))
                    node = drafts.count - 1
                }
            }
            drafts[node].slot = slot
        }
        for child in drafts[0].children {
            if case .key(let key) = child.step, strictObjects.contains(key) {
                drafts[child.node].isStrictObject = true
            }
        }
        var tables = Tables()
        let finished = drafts.map { tables.add($0) }
        nodes = Self.copy(finished)
        entries = Self.copy(tables.entries)
        elements = Self.copy(tables.elements)
        keys = UnsafeMutableRawPointer(Self.copy(tables.keys))
    }

    deinit {
        nodes.deallocate()
        entries.deallocate()
        elements.deallocate()
        keys.deallocate()
    }

    private static func copy<Value>(_ values: [Value]) -> UnsafeMutablePointer<Value> {
        let memory = UnsafeMutablePointer<Value>.allocate(capacity: max(values.count, 1))
        memory.initialize(from: values, count: values.count)
        return memory
    }

    private struct Draft {
        var children: [(step: Step, node: Int)] = []
        var slot = -1
        var isStrictObject = false
    }

    private struct Tables {
        var entries: [Entry] = []
        var elements: [Element] = []
        var keys: [UInt8] = []

        mutating func add(_ draft: Draft) -> Node {
            var node = Node()
            node.slot = Int32(draft.slot)
            node.isStrictObject = draft.isStrictObject
            node.elementStart = Int32(elements.count)
            node.tableStart = Int32(entries.count)
            let named = draft.children.filter { if case .key = $0.step { true } else { false } }
            if !named.isEmpty {
                var size = 4
                while size < named.count * 2 { size *= 2 }
                node.tableMask = Int32(size - 1)
                entries += [Entry](repeating: Entry(), count: size)
            }
            for child in draft.children {
                switch child.step {
                case .element(let index):
                    elements.append(Element(index: Int32(index), child: Int32(child.node)))
                    node.elementCount += 1
                case .key(let key): insert(key, child: child.node, into: node)
                }
            }
            return node
        }

        private mutating func insert(_ key: String, child: Int, into node: Node) {
            let bytes = Array(key.utf8)
            let hash = bytes.withUnsafeBytes { KeyTree.hash($0) }
            var place = Int32(truncatingIfNeeded: hash) & node.tableMask
            while entries[Int(node.tableStart + place)].child >= 0 { place = (place + 1) & node.tableMask }
            entries[Int(node.tableStart + place)] = Entry(
                hash: hash, child: Int32(child), keyStart: Int32(keys.count), keyCount: Int32(bytes.count))
            keys += bytes
        }
    }

    /// Any hash will do as long as the tree and the reader use the same one.
    @inline(__always)
    static func hash(_ key: UnsafeRawBufferPointer) -> UInt32 {
        var first: UInt64 = 0
        var last: UInt64 = 0
        let count = key.count
        if count >= 8 {
            first = key.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
            last = key.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        } else if count >= 4 {
            first = UInt64(key.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
            last = UInt64(key.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
        } else {
            for byte in key { first = first << 8 | UInt64(byte) }
        }
        let mixed = Digest.fold(first ^ 0x9216_D5D9_8979_FB1B, last ^ UInt64(count) ^ 0xD131_0BA6_98DF_B5AC)
        return UInt32(truncatingIfNeeded: mixed ^ mixed >> 32)
    }
}
