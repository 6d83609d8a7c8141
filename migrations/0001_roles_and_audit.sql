-- Roles, the audit trail and who may enter the schema.
-- Roles belong to the whole server, so they are made only where they are missing and outlive a down migration.

DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['vigie_owner', 'vigie_migrator', 'vigie_writer', 'vigie_analyst',
        'vigie_credit_officer', 'vigie_auditor']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this server was migrated at the same moment
            END;
        END IF;
    END LOOP;
    IF NOT pg_has_role('vigie_migrator', 'vigie_owner', 'MEMBER') THEN
        BEGIN
            GRANT vigie_owner TO vigie_migrator;
        EXCEPTION WHEN unique_violation THEN
            NULL;
        END;
    END IF;
END
$$;

ALTER SCHEMA vigie OWNER TO vigie_owner;
ALTER TABLE vigie.migrations OWNER TO vigie_owner;
REVOKE ALL ON SCHEMA vigie FROM PUBLIC;
GRANT USAGE ON SCHEMA vigie
    TO vigie_writer, vigie_analyst, vigie_credit_officer, vigie_auditor;

SET LOCAL ROLE vigie_owner;

COMMENT ON SCHEMA vigie IS 'Vigie: alerts of the transaction stream and what is needed to explain them';
GRANT SELECT ON vigie.migrations
    TO vigie_writer, vigie_analyst, vigie_credit_officer, vigie_auditor;

CREATE TABLE vigie.audit (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    action text NOT NULL CHECK (action <> ''),
    object text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE vigie.audit IS 'Who changed what: rows are only ever added';
COMMENT ON COLUMN vigie.audit.at IS 'Moment of the change by the clock of the database';
COMMENT ON COLUMN vigie.audit.actor IS 'Setting vigie.actor where the application gave one, otherwise the session user';
COMMENT ON COLUMN vigie.audit.action IS 'What was done, e.g. case closed';
COMMENT ON COLUMN vigie.audit.object IS 'What it was done to, e.g. alert 17';
COMMENT ON COLUMN vigie.audit.detail IS 'Before and after';

CREATE FUNCTION vigie.refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
COMMENT ON FUNCTION vigie.refuse_change() IS 'Trigger of append-only tables';

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON vigie.audit
    FOR EACH STATEMENT EXECUTE FUNCTION vigie.refuse_change();

CREATE FUNCTION vigie.actor() RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog AS $$
    SELECT coalesce(nullif(current_setting('vigie.actor', true), ''), session_user::text)
$$;
COMMENT ON FUNCTION vigie.actor() IS 'Name that the audit trail writes down';

-- Adds to the audit trail on behalf of functions; nobody may write it directly.
CREATE FUNCTION vigie.record_audit(action text, object text, detail jsonb) RETURNS void LANGUAGE sql
SET search_path = pg_catalog AS $$
    INSERT INTO vigie.audit (actor, action, object, detail) VALUES (vigie.actor(), $1, $2, $3)
$$;
COMMENT ON FUNCTION vigie.record_audit(text, text, jsonb) IS 'Adds one row to the audit trail';
REVOKE ALL ON FUNCTION vigie.record_audit(text, text, jsonb) FROM PUBLIC;

ALTER TABLE vigie.audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE vigie.audit FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_owner ON vigie.audit FOR INSERT TO vigie_owner WITH CHECK (true);
CREATE POLICY audit_auditor ON vigie.audit FOR SELECT TO vigie_auditor USING (true);
GRANT SELECT ON vigie.audit TO vigie_auditor;
