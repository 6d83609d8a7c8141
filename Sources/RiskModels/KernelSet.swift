import CKernels
import Foundation

/// The SIMD kernels of one instruction set; all sets give the same bits.
public struct KernelSet: @unchecked Sendable {
    // SAFETY: points to a constant table of the program.
    let table: UnsafePointer<ck_table>

    /// `avx512vnni`, `avx2`, `neon` or `scalar`.
    public var name: String { String(cString: table.pointee.name) }

    /// The sets that this CPU can run, best first; `scalar` is always the last.
    public static let all: [KernelSet] = (0..<ck_set_count()).compactMap { index in
        ck_set_at(index).map { KernelSet(table: $0) }
    }

    /// Variable that forces a set by name.
    public static let variable = "VIGIE_CPU"

    /// The set to use: the one that `VIGIE_CPU` names, or the best.
    /// - Throws: `ModelFileError` (`model_foreign`) when that is unknown or this CPU lacks a feature.
    public static func chosen(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ModelFileError) -> KernelSet {
        let name = environment[variable] ?? ""
        guard let table = ck_set_named(name) else {
            throw LanguageModelWeights.fault(
                .foreign,
                "\(variable)=\(name.prefix(20)): this CPU has \(all.map(\.name).joined(separator: ", "))")
        }
        return KernelSet(table: table)
    }
}
