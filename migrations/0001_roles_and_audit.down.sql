-- The roles stay: other databases of this server may use them.
DROP FUNCTION vigie.record_audit(text, text, jsonb);
DROP FUNCTION vigie.actor();
DROP TABLE vigie.audit;
DROP FUNCTION vigie.refuse_change();
COMMENT ON SCHEMA vigie IS NULL;
REVOKE ALL ON vigie.migrations FROM vigie_writer, vigie_analyst, vigie_credit_officer, vigie_auditor;
REVOKE ALL ON SCHEMA vigie FROM vigie_writer, vigie_analyst, vigie_credit_officer, vigie_auditor;
