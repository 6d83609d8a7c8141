import CZlib
import Glibc

/// The bytes of a file in order, unpacked when it begins like a gzip file. Memory is constant.
struct ByteSource: ~Copyable {
    private let path: String
    private let descriptor: Int32
    private let input: UnsafeMutablePointer<UInt8>
    private static let inputCapacity = 1 << 16
    private var inputStart = 0
    private var inputEnd = 0
    private var isAtEndOfFile = false
    /// On the heap because zlib keeps its address; `nil` for a plain file.
    private var stream: UnsafeMutablePointer<z_stream>?
    /// Between two members of a gzip file, or behind the last one.
    private var isBetweenMembers = false
    /// The fault to report once everything before it has been delivered.
    private var pendingFault: IntakeError?

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
        input = .allocate(capacity: Self.inputCapacity)
    }

    /// Opens a file.
    static func opening(_ path: String) throws(IntakeError) -> ByteSource {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw IntakeError(.fileUnreadable, operation: "opening \(path)", cause: errorText())
        }
        var source = ByteSource(path: path, descriptor: descriptor)
        try source.fill()
        try source.startUnpacking()
        return source
    }

    private mutating func startUnpacking() throws(IntakeError) {
        guard inputEnd >= 2, input[0] == 0x1F, input[1] == 0x8B else { return }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        self.stream = stream
        guard czlib_inflate_init_gzip(stream) == Z_OK else {
            throw IntakeError(.fileUnreadable, operation: "unpacking \(path)", cause: "zlib cannot start")
        }
    }

    deinit {
        close(descriptor)
        input.deallocate()
        if let stream {
            inflateEnd(stream)
            stream.deallocate()
        }
    }

    /// Reads up to `output.count` bytes.
    /// - Returns: how many; 0 at the end.
    mutating func read(into output: UnsafeMutableRawBufferPointer) throws(IntakeError) -> Int {
        if let pendingFault { throw pendingFault }
        if let stream { return try inflateNext(stream, into: output) }
        if inputStart == inputEnd { try fill() }
        let count = min(inputEnd - inputStart, output.count)
        output.copyMemory(from: UnsafeRawBufferPointer(start: input + inputStart, count: count))
        inputStart += count
        return count
    }

    private mutating func fill() throws(IntakeError) {
        guard !isAtEndOfFile else { return }
        inputStart = 0
        inputEnd = 0
        var count = Glibc.read(descriptor, input, Self.inputCapacity)
        while count < 0, errno == EINTR { count = Glibc.read(descriptor, input, Self.inputCapacity) }
        guard count >= 0 else {
            throw IntakeError(.fileUnreadable, operation: "reading \(path)", cause: errorText())
        }
        inputEnd = count
        isAtEndOfFile = count == 0
    }

    private mutating func inflateNext(
        _ stream: UnsafeMutablePointer<z_stream>, into output: UnsafeMutableRawBufferPointer
    ) throws(IntakeError) -> Int {
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(clamping: output.count)
        let wanted = Int(stream.pointee.avail_out)
        while stream.pointee.avail_out > 0 {
            if inputStart == inputEnd { try fill() }
            if inputStart == inputEnd {
                if isBetweenMembers { break }
                return try deliver(
                    wanted - Int(stream.pointee.avail_out),
                    before: IntakeError(
                        .fileTruncated, operation: "unpacking \(path)",
                        cause: "the file ends in the middle of its gzip stream; copy it again"))
            }
            if isBetweenMembers {
                // Padding behind the last member is allowed, another member begins with its magic number.
                guard input[inputStart] == 0x1F else { break }
                inflateReset(stream)
                isBetweenMembers = false
            }
            stream.pointee.next_in = input + inputStart
            stream.pointee.avail_in = UInt32(inputEnd - inputStart)
            let status = inflate(stream, Z_NO_FLUSH)
            inputStart = inputEnd - Int(stream.pointee.avail_in)
            if status == Z_STREAM_END {
                isBetweenMembers = true
            } else if status != Z_OK {
                return try deliver(
                    wanted - Int(stream.pointee.avail_out),
                    before: IntakeError(
                        .fileCorrupt, operation: "unpacking \(path)",
                        cause: "its gzip stream is damaged; copy it again"))
            }
        }
        return wanted - Int(stream.pointee.avail_out)
    }

    /// Hands out what came before a fault, and the fault at the next call.
    private mutating func deliver(_ count: Int, before fault: IntakeError) throws(IntakeError) -> Int {
        pendingFault = fault
        guard count > 0 else { throw fault }
        return count
    }
}
