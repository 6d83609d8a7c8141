-- What scores (models) and on whose behalf (jobs).
SET LOCAL ROLE vigie_owner;

CREATE TABLE vigie.models (
    model_sha256 text PRIMARY KEY CHECK (model_sha256 ~ '^[0-9a-f]{64}$'),
    name text NOT NULL,
    kind text NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE vigie.models IS 'Every model file that ever scored here';
COMMENT ON COLUMN vigie.models.model_sha256 IS 'SHA-256 of the model file, lower-case hexadecimal';
COMMENT ON COLUMN vigie.models.name IS 'Name that its owner gave it';
COMMENT ON COLUMN vigie.models.kind IS 'Brick: scorecard, language_model, …';
COMMENT ON COLUMN vigie.models.metadata IS 'Metadata of the model file: training period, figures, thresholds';
COMMENT ON COLUMN vigie.models.created_at IS 'When it was first seen here';

CREATE TABLE vigie.jobs (
    job text PRIMARY KEY CHECK (job <> ''),
    kind text NOT NULL CHECK (kind IN ('live', 'replay')),
    cascade_text text NOT NULL,
    cascade_sha256 text NOT NULL CHECK (cascade_sha256 ~ '^[0-9a-f]{64}$'),
    settings jsonb NOT NULL DEFAULT '{}',
    started_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE vigie.jobs IS 'One row per scoring job: the live stream, or a replay with rows of its own';
COMMENT ON COLUMN vigie.jobs.job IS 'Name of the job, part of the key of everything it writes';
COMMENT ON COLUMN vigie.jobs.kind IS 'live or replay';
COMMENT ON COLUMN vigie.jobs.cascade_text IS 'The cascade file as it was: bricks, bands, thresholds';
COMMENT ON COLUMN vigie.jobs.cascade_sha256 IS 'SHA-256 of cascade_text, lower-case hexadecimal';
COMMENT ON COLUMN vigie.jobs.settings IS 'Settings that change scores, e.g. the label delay';
COMMENT ON COLUMN vigie.jobs.started_at IS 'Start of the latest run of the job';

-- A job that starts again with another cascade leaves the old one in the audit trail.
CREATE FUNCTION vigie.audit_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM vigie.record_audit('job created', 'job ' || NEW.job,
            jsonb_build_object('cascade_sha256', NEW.cascade_sha256, 'settings', NEW.settings));
    ELSIF (OLD.cascade_sha256, OLD.settings, OLD.kind) IS DISTINCT FROM
        (NEW.cascade_sha256, NEW.settings, NEW.kind) THEN
        PERFORM vigie.record_audit('job changed', 'job ' || NEW.job,
            jsonb_build_object('before', to_jsonb(OLD), 'after', to_jsonb(NEW)));
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION vigie.audit_job() IS 'Trigger: writes new and changed jobs to the audit trail';
CREATE TRIGGER jobs_audited AFTER INSERT OR UPDATE ON vigie.jobs
    FOR EACH ROW EXECUTE FUNCTION vigie.audit_job();

GRANT SELECT, INSERT ON vigie.models TO vigie_writer;
GRANT SELECT, INSERT, UPDATE ON vigie.jobs TO vigie_writer;
GRANT SELECT ON vigie.models, vigie.jobs TO vigie_analyst, vigie_credit_officer, vigie_auditor;
