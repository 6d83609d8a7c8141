-- What analysts do with alerts. A case is made by the first touch; an untouched alert counts as open.
SET LOCAL ROLE vigie_owner;

CREATE TABLE vigie.cases (
    alert_id bigint PRIMARY KEY REFERENCES vigie.alert_keys (alert_id) ON DELETE CASCADE,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'investigating', 'closed')),
    resolution text CHECK (resolution IN ('confirmed_fraud', 'false_positive', 'inconclusive')),
    assigned text,
    note text CHECK (length(note) <= 4000),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((status = 'closed') = (resolution IS NOT NULL))
);
COMMENT ON TABLE vigie.cases IS 'State of the work on an alert; an alert without a row here is open';
COMMENT ON COLUMN vigie.cases.alert_id IS 'The alert';
COMMENT ON COLUMN vigie.cases.status IS 'open, then investigating, then closed; a closed case may be opened again for investigation';
COMMENT ON COLUMN vigie.cases.resolution IS 'confirmed_fraud, false_positive or inconclusive; there exactly when closed';
COMMENT ON COLUMN vigie.cases.assigned IS 'Who works on it';
COMMENT ON COLUMN vigie.cases.note IS 'What the analyst wrote down';
COMMENT ON COLUMN vigie.cases.updated_at IS 'Last change';

CREATE FUNCTION vigie.check_case() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN
        (('open', 'investigating'), ('open', 'closed'), ('investigating', 'closed'),
         ('investigating', 'open'), ('closed', 'investigating')) THEN
        RAISE EXCEPTION 'a case cannot go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION vigie.check_case() IS 'Trigger: keeps the order of a case''s states';
CREATE TRIGGER cases_checked BEFORE INSERT OR UPDATE ON vigie.cases
    FOR EACH ROW EXECUTE FUNCTION vigie.check_case();

-- The note stays out of the audit trail's detail: it may name people; that it changed is written down.
CREATE FUNCTION vigie.audit_case() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $$
BEGIN
    PERFORM vigie.record_audit('case ' || NEW.status, 'alert ' || NEW.alert_id, jsonb_build_object(
        'before', CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) - 'note' END,
        'after', to_jsonb(NEW) - 'note',
        'note_changed', TG_OP = 'INSERT' AND NEW.note IS NOT NULL
            OR TG_OP = 'UPDATE' AND OLD.note IS DISTINCT FROM NEW.note));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION vigie.audit_case() IS 'Trigger: writes each change of a case to the audit trail';
CREATE TRIGGER cases_audited AFTER INSERT OR UPDATE ON vigie.cases
    FOR EACH ROW EXECUTE FUNCTION vigie.audit_case();

ALTER TABLE vigie.cases ENABLE ROW LEVEL SECURITY;
ALTER TABLE vigie.cases FORCE ROW LEVEL SECURITY;
CREATE POLICY cases_owner ON vigie.cases TO vigie_owner USING (true);
CREATE POLICY cases_analyst ON vigie.cases TO vigie_analyst USING (true) WITH CHECK (true);
CREATE POLICY cases_auditor ON vigie.cases FOR SELECT TO vigie_auditor USING (true);
GRANT SELECT, INSERT ON vigie.cases TO vigie_analyst;
GRANT UPDATE (status, resolution, assigned, note) ON vigie.cases TO vigie_analyst;
GRANT SELECT ON vigie.cases TO vigie_auditor;
-- The service shows whether an alert is open; what analysts wrote is not its business.
CREATE POLICY cases_writer ON vigie.cases FOR SELECT TO vigie_writer USING (true);
GRANT SELECT (alert_id, status) ON vigie.cases TO vigie_writer;

CREATE VIEW vigie.open_alerts WITH (security_invoker = true) AS
SELECT a.alert_id, a.score, a.band, a.outcome, a.effective_at, a.amount, a.currency, a.account,
    a.merchant_name, a.merchant_country, a.channel, a.description_en, a.description_fr,
    coalesce(c.status, 'open') AS status, c.assigned, a.transaction_id, a.probability, a.unusualness,
    a.decided_by, a.job, a.created_at
FROM vigie.alerts a
LEFT JOIN vigie.cases c USING (alert_id)
WHERE coalesce(c.status, 'open') <> 'closed'
ORDER BY a.score DESC, a.effective_at DESC, a.alert_id;
COMMENT ON VIEW vigie.open_alerts IS 'Alerts that are not closed, highest score first, then newest';

CREATE VIEW vigie.alert_reasons WITH (security_invoker = true) AS
SELECT a.alert_id, a.job, a.effective_at, a.score, r.rank,
    r.reason ->> 'kind' AS kind, (r.reason ->> 'points')::double precision AS points,
    r.reason ->> 'en' AS phrase_en, r.reason ->> 'fr' AS phrase_fr
FROM vigie.alerts a
CROSS JOIN LATERAL jsonb_array_elements(a.reasons) WITH ORDINALITY AS r (reason, rank);
COMMENT ON VIEW vigie.alert_reasons IS 'One row per reason of an alert; rank 1 is the strongest';

GRANT SELECT ON vigie.open_alerts, vigie.alert_reasons TO vigie_analyst, vigie_auditor;
GRANT SELECT ON vigie.alert_reasons TO vigie_writer;
