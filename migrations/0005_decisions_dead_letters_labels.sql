-- Every score (where it is asked for), every record that could not be scored, and what turned out to be true.
SET LOCAL ROLE vigie_owner;

CREATE TABLE vigie.decisions (
    job text NOT NULL,
    source_topic text NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL,
    transaction_id text NOT NULL,
    account text NOT NULL,
    effective_at timestamptz NOT NULL,
    probability double precision NOT NULL CHECK (probability BETWEEN 0 AND 1),
    score smallint NOT NULL CHECK (score BETWEEN 0 AND 999),
    outcome text NOT NULL CHECK (outcome IN ('approve', 'review', 'decline')),
    decided_by text NOT NULL,
    model_sha256 text,
    PRIMARY KEY (job, source_topic, source_partition, source_offset)
);
COMMENT ON TABLE vigie.decisions IS 'Every scored transaction of jobs that keep all scores';
COMMENT ON COLUMN vigie.decisions.job IS 'Job that scored it';
COMMENT ON COLUMN vigie.decisions.source_topic IS 'Topic or file of the record';
COMMENT ON COLUMN vigie.decisions.source_partition IS 'Partition of the topic';
COMMENT ON COLUMN vigie.decisions.source_offset IS 'Offset in the partition, or row of the file';
COMMENT ON COLUMN vigie.decisions.transaction_id IS 'Identifier that the bank gave the transaction';
COMMENT ON COLUMN vigie.decisions.account IS 'Pseudonym of the account, 32 hexadecimal digits';
COMMENT ON COLUMN vigie.decisions.effective_at IS 'When the transaction happened';
COMMENT ON COLUMN vigie.decisions.probability IS 'Calibrated probability of fraud, 0 to 1';
COMMENT ON COLUMN vigie.decisions.score IS 'The probability for people, 0 to 999';
COMMENT ON COLUMN vigie.decisions.outcome IS 'approve, review or decline';
COMMENT ON COLUMN vigie.decisions.decided_by IS 'Brick of the cascade that decided';
COMMENT ON COLUMN vigie.decisions.model_sha256 IS 'Model file that scored (models); null when no model took part';

CREATE TABLE vigie.dead_letters (
    job text NOT NULL,
    source_topic text NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL,
    field text NOT NULL,
    reason text NOT NULL,
    hint text NOT NULL,
    record_size bigint NOT NULL CHECK (record_size >= 0),
    record_sha256 text NOT NULL CHECK (record_sha256 ~ '^[0-9a-f]{64}$'),
    received_at timestamptz NOT NULL,
    PRIMARY KEY (job, source_topic, source_partition, source_offset)
);
COMMENT ON TABLE vigie.dead_letters IS 'Records that could not become transactions; never their content';
COMMENT ON COLUMN vigie.dead_letters.job IS 'Job that read it';
COMMENT ON COLUMN vigie.dead_letters.source_topic IS 'Topic or file of the record';
COMMENT ON COLUMN vigie.dead_letters.source_partition IS 'Partition of the topic';
COMMENT ON COLUMN vigie.dead_letters.source_offset IS 'Offset in the partition, or row of the file';
COMMENT ON COLUMN vigie.dead_letters.field IS 'Field at fault, or record for the whole';
COMMENT ON COLUMN vigie.dead_letters.reason IS 'Stable name of what is wrong';
COMMENT ON COLUMN vigie.dead_letters.hint IS 'What to do about it';
COMMENT ON COLUMN vigie.dead_letters.record_size IS 'Bytes of the record';
COMMENT ON COLUMN vigie.dead_letters.record_sha256 IS 'SHA-256 of the record with card numbers masked';
COMMENT ON COLUMN vigie.dead_letters.received_at IS 'When the record arrived';

-- A correction is another row with a later known_at: a score of the past can be computed again with what was
-- known then.
CREATE TABLE vigie.labels (
    transaction_id text NOT NULL,
    known_at timestamptz NOT NULL,
    effective_at timestamptz NOT NULL,
    account text NOT NULL,
    counterpart text,
    outcome text NOT NULL CHECK (outcome IN ('genuine', 'fraud')),
    scenario smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (transaction_id, known_at)
);
COMMENT ON TABLE vigie.labels IS 'What the bank found out about transactions, and when';
COMMENT ON COLUMN vigie.labels.transaction_id IS 'Identifier that the bank gave the transaction';
COMMENT ON COLUMN vigie.labels.known_at IS 'When the bank knew; a score may use it only from then on';
COMMENT ON COLUMN vigie.labels.effective_at IS 'When the transaction happened';
COMMENT ON COLUMN vigie.labels.account IS 'Pseudonym of the account';
COMMENT ON COLUMN vigie.labels.counterpart IS 'Pseudonym of the counterpart account or merchant';
COMMENT ON COLUMN vigie.labels.outcome IS 'genuine or fraud';
COMMENT ON COLUMN vigie.labels.scenario IS 'Kind of fraud in simulated data, 0 where there is none';
CREATE INDEX labels_by_known_at ON vigie.labels (known_at);

CREATE VIEW vigie.latest_labels WITH (security_invoker = true) AS
SELECT DISTINCT ON (transaction_id) transaction_id, outcome, known_at, effective_at, account, counterpart,
    scenario
FROM vigie.labels
ORDER BY transaction_id, known_at DESC;
COMMENT ON VIEW vigie.latest_labels IS 'What is known today: the last label of each transaction';

DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['decisions', 'dead_letters', 'labels'] LOOP
        EXECUTE format('ALTER TABLE vigie.%I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('ALTER TABLE vigie.%I FORCE ROW LEVEL SECURITY', table_name);
        EXECUTE format('CREATE POLICY %I ON vigie.%I TO vigie_writer USING (true) WITH CHECK (true)',
            table_name || '_writer', table_name);
        EXECUTE format('CREATE POLICY %I ON vigie.%I FOR SELECT TO vigie_auditor USING (true)',
            table_name || '_auditor', table_name);
        EXECUTE format('GRANT SELECT, INSERT ON vigie.%I TO vigie_writer', table_name);
        EXECUTE format('GRANT SELECT ON vigie.%I TO vigie_auditor', table_name);
    END LOOP;
END
$$;
CREATE POLICY decisions_analyst ON vigie.decisions FOR SELECT TO vigie_analyst USING (true);
GRANT SELECT ON vigie.decisions TO vigie_analyst;
GRANT SELECT ON vigie.latest_labels TO vigie_writer, vigie_auditor;
