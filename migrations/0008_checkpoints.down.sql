SET LOCAL ROLE vigie_owner;

DROP FUNCTION vigie.drop_state(text, text, integer[], bigint);
DROP TABLE vigie.cascade_ranges;
DROP TABLE vigie.state_pieces;
DROP TABLE vigie.checkpoints;

ALTER TABLE vigie.progress ADD COLUMN model_sha256 text;
COMMENT ON COLUMN vigie.progress.model_sha256 IS 'Model file in use from next_offset on';
-- Without state nothing is known of before: the log is read again.
UPDATE vigie.progress SET next_offset = 0;
ALTER TABLE vigie.progress DROP COLUMN delivered_offset;
COMMENT ON COLUMN vigie.progress.next_offset IS 'Everything before it is scored or dead-lettered';

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
ALTER TABLE vigie.job_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE vigie.job_state FORCE ROW LEVEL SECURITY;
CREATE POLICY job_state_writer ON vigie.job_state TO vigie_writer USING (true) WITH CHECK (true);
CREATE POLICY job_state_auditor ON vigie.job_state FOR SELECT TO vigie_auditor USING (true);
GRANT SELECT, INSERT, UPDATE ON vigie.job_state TO vigie_writer;
GRANT SELECT ON vigie.job_state TO vigie_auditor;
