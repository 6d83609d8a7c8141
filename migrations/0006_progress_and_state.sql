-- How far each partition is, who may write for it, and the state that goes with it.
SET LOCAL ROLE vigie_owner;

CREATE TABLE vigie.progress (
    job text NOT NULL,
    source_topic text NOT NULL,
    source_partition integer NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0 CHECK (next_offset >= 0),
    epoch bigint NOT NULL DEFAULT 1 CHECK (epoch > 0),
    cluster_id text NOT NULL,
    model_sha256 text,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job, source_topic, source_partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE vigie.progress IS 'The truth about how far each partition is; offsets in Kafka are for display only';
COMMENT ON COLUMN vigie.progress.job IS 'Job that reads the partition';
COMMENT ON COLUMN vigie.progress.source_topic IS 'Topic or file';
COMMENT ON COLUMN vigie.progress.source_partition IS 'Partition of the topic';
COMMENT ON COLUMN vigie.progress.next_offset IS 'Everything before it is scored or dead-lettered';
COMMENT ON COLUMN vigie.progress.epoch IS 'Fence: grows with each new owner; only the last one may write';
COMMENT ON COLUMN vigie.progress.cluster_id IS 'Kafka cluster that the offsets belong to';
COMMENT ON COLUMN vigie.progress.model_sha256 IS 'Model file in use from next_offset on';
COMMENT ON COLUMN vigie.progress.updated_at IS 'Last change';

CREATE TABLE vigie.job_state (
    job text NOT NULL,
    chunk integer NOT NULL CHECK (chunk >= 0),
    state bytea NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job, chunk)
);
COMMENT ON TABLE vigie.job_state IS 'What a job remembers of accounts and counterparts, in numbered chunks, as of its progress';
COMMENT ON COLUMN vigie.job_state.job IS 'Job that keeps it';
COMMENT ON COLUMN vigie.job_state.chunk IS 'Number of the chunk, from 0';
COMMENT ON COLUMN vigie.job_state.state IS 'Bytes of the program''s own format';
COMMENT ON COLUMN vigie.job_state.updated_at IS 'Last change';

DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['progress', 'job_state'] LOOP
        EXECUTE format('ALTER TABLE vigie.%I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('ALTER TABLE vigie.%I FORCE ROW LEVEL SECURITY', table_name);
        EXECUTE format('CREATE POLICY %I ON vigie.%I TO vigie_writer USING (true) WITH CHECK (true)',
            table_name || '_writer', table_name);
        EXECUTE format('CREATE POLICY %I ON vigie.%I FOR SELECT TO vigie_auditor USING (true)',
            table_name || '_auditor', table_name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON vigie.%I TO vigie_writer', table_name);
        EXECUTE format('GRANT SELECT ON vigie.%I TO vigie_auditor', table_name);
    END LOOP;
END
$$;
