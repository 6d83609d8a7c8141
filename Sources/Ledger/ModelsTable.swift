import PostgresClient

/// SQL of `vigie.models`.
enum ModelsTable {
    static let insert = PostgresStatement(
        "models.insert",
        """
        INSERT INTO vigie.models (model_sha256, name, kind, metadata)
        VALUES ($1::text, $2::text, $3::text, $4::jsonb)
        ON CONFLICT (model_sha256) DO NOTHING
        """)
}

extension Ledger {
    /// Keeps what a model file says of itself; a model that is known already stays as it is.
    /// - Parameters:
    ///   - sha256: of the file, lower-case hexadecimal.
    ///   - kind: brick (`scorecard`, `language_model`, …).
    ///   - metadataJSON: a JSON object.
    public func recordModel(sha256: String, name: String, kind: String, metadataJSON: String = "{}") throws {
        _ = try LedgerError.wrapping {
            try connection.query(
                ModelsTable.insert, [.text(sha256), .text(name), .text(kind), .jsonb(metadataJSON)])
        }
    }
}
