import Foundation

/// One step of the schema: `NNNN_name.sql` and `NNNN_name.down.sql`.
struct MigrationFile {
    let version: Int
    let name: String
    let up: String
    let down: String

    /// Reads a folder of migrations in ascending order.
    /// - Throws: `LedgerError` with code `migration` for names that do not fit, gaps, duplicates and missing
    ///   directions.
    static func all(in folder: URL) throws -> [MigrationFile] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        } catch {
            throw fault("the folder \(folder.path) cannot be read")
        }
        var ups: [Int: String] = [:]
        var downs: [Int: String] = [:]
        for name in names.sorted() where name.hasSuffix(".sql") {
            let isDown = name.hasSuffix(".down.sql")
            let stem = String(name.dropLast(isDown ? ".down.sql".count : ".sql".count))
            let version = try version(ofFile: name)
            guard (isDown ? downs : ups)[version] == nil else {
                throw fault("two files have the number \(name.prefix(4)): \(name) is the second")
            }
            if isDown { downs[version] = stem } else { ups[version] = stem }
        }
        guard !ups.isEmpty else { throw fault("there is no migration in \(folder.path)") }
        for (version, stem) in downs where ups[version] != stem {
            throw fault("\(stem).down.sql has no \(stem).sql")
        }
        return try ups.sorted { $0.key < $1.key }.enumerated().map { place, entry in
            guard entry.key == place + 1 else {
                throw fault("number \(place + 1) is missing before \(entry.value).sql")
            }
            guard downs[entry.key] == entry.value else {
                throw fault("\(entry.value).sql has no \(entry.value).down.sql")
            }
            return MigrationFile(
                version: entry.key, name: String(entry.value.dropFirst(5)),
                up: try text(folder.appending(path: entry.value + ".sql")),
                down: try text(folder.appending(path: entry.value + ".down.sql")))
        }
    }

    /// The four digits before the first underscore.
    private static func version(ofFile name: String) throws -> Int {
        let digits = name.prefix { $0.isASCII && $0.isNumber }
        guard digits.count == 4, name.dropFirst(4).hasPrefix("_"), let version = Int(digits), version > 0
        else { throw fault("\(name) is not named NNNN_name.sql or NNNN_name.down.sql") }
        return version
    }

    private static func text(_ file: URL) throws -> String {
        do {
            return try String(contentsOf: file, encoding: .utf8)
        } catch {
            throw fault("\(file.lastPathComponent) cannot be read as UTF-8")
        }
    }

    static func fault(_ cause: String) -> LedgerError {
        LedgerError(code: .migration, operation: "migrate", cause: cause)
    }
}
