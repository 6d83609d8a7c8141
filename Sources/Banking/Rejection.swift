/// Why a record could not become a `Transaction`: a value that ends up in the dead letters, never an error.
///
/// No part of it quotes customer data: `reason` and `hint` are texts of the program, `field` a name.
public struct Rejection: Sendable, Hashable {
    /// Canonical field name (`amount`), or `record` when the record as a whole is at fault.
    public var field: String
    /// Stable machine-readable reason (`not_a_number`, `missing`, `too_long`, …).
    public var reason: String
    /// What to do about it, in one sentence.
    public var hint: String

    public init(field: String, reason: String, hint: String) {
        self.field = field
        self.reason = reason
        self.hint = hint
    }
}
