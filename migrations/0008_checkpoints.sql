-- Checkpoints of changed accounts: state in pieces per partition, what is delivered, and which cascade scores.
SET LOCAL ROLE vigie_owner;

DROP TABLE vigie.job_state;

ALTER TABLE vigie.progress DROP COLUMN model_sha256;
ALTER TABLE vigie.progress ADD COLUMN delivered_offset bigint NOT NULL DEFAULT 0
    CHECK (delivered_offset >= 0);
-- The state of before is gone: the log is read again from its beginning, and nothing is scored again.
UPDATE vigie.progress SET delivered_offset = next_offset, next_offset = 0;
COMMENT ON COLUMN vigie.progress.next_offset IS 'The checkpoint: state is kept for everything before it';
COMMENT ON COLUMN vigie.progress.delivered_offset IS 'Everything before it is scored or dead-lettered and never scored again';

CREATE TABLE vigie.checkpoints (
    job text NOT NULL,
    source_topic text NOT NULL,
    source_partition integer NOT NULL CHECK (source_partition >= -1),
    number bigint NOT NULL CHECK (number > 0),
    epoch bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job, source_topic, source_partition, number)
);
COMMENT ON TABLE vigie.checkpoints IS 'Checkpoints that count; pieces of state of any other number do not';
COMMENT ON COLUMN vigie.checkpoints.job IS 'Job that keeps the state';
COMMENT ON COLUMN vigie.checkpoints.source_topic IS 'Topic of the transactions';
COMMENT ON COLUMN vigie.checkpoints.source_partition IS 'Partition, or -1 for what all partitions share';
COMMENT ON COLUMN vigie.checkpoints.number IS 'Grows with each checkpoint of the partition';
COMMENT ON COLUMN vigie.checkpoints.epoch IS 'Owner who wrote it';
COMMENT ON COLUMN vigie.checkpoints.created_at IS 'When it became durable';

CREATE TABLE vigie.state_pieces (
    job text NOT NULL,
    source_topic text NOT NULL,
    source_partition integer NOT NULL CHECK (source_partition >= -1),
    number bigint NOT NULL,
    epoch bigint NOT NULL,
    piece integer NOT NULL CHECK (piece >= 0),
    state bytea NOT NULL,
    PRIMARY KEY (job, source_topic, source_partition, number, epoch, piece)
);
-- State does not compress well enough to pay for trying.
ALTER TABLE vigie.state_pieces ALTER COLUMN state SET STORAGE EXTERNAL;
COMMENT ON TABLE vigie.state_pieces IS 'What is remembered of accounts and counterparts: the newest copy of a record counts';
COMMENT ON COLUMN vigie.state_pieces.job IS 'Job that keeps the state';
COMMENT ON COLUMN vigie.state_pieces.source_topic IS 'Topic of the transactions';
COMMENT ON COLUMN vigie.state_pieces.source_partition IS 'Partition, or -1 for what all partitions share';
COMMENT ON COLUMN vigie.state_pieces.number IS 'Checkpoint that it belongs to';
COMMENT ON COLUMN vigie.state_pieces.epoch IS 'Owner who wrote it';
COMMENT ON COLUMN vigie.state_pieces.piece IS 'Counts from 0 within the checkpoint';
COMMENT ON COLUMN vigie.state_pieces.state IS 'Records in the program''s own format, with a checksum';

CREATE TABLE vigie.cascade_ranges (
    job text NOT NULL,
    source_topic text NOT NULL,
    source_partition integer NOT NULL,
    from_offset bigint NOT NULL CHECK (from_offset >= 0),
    cascade_identity text NOT NULL CHECK (cascade_identity ~ '^[0-9a-f]{64}$'),
    pinned_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job, source_topic, source_partition, from_offset)
);
COMMENT ON TABLE vigie.cascade_ranges IS 'Which cascade scores a partition, from which offset on';
COMMENT ON COLUMN vigie.cascade_ranges.job IS 'Job that scores';
COMMENT ON COLUMN vigie.cascade_ranges.source_topic IS 'Topic or file';
COMMENT ON COLUMN vigie.cascade_ranges.source_partition IS 'Partition of the topic';
COMMENT ON COLUMN vigie.cascade_ranges.from_offset IS 'First record that it scores; the next range ends it';
COMMENT ON COLUMN vigie.cascade_ranges.cascade_identity IS 'SHA-256 of the cascade file and its models';
COMMENT ON COLUMN vigie.cascade_ranges.pinned_at IS 'When the range began';

-- The writer may not delete rows; superseded state is the exception.
CREATE FUNCTION vigie.drop_state(
    the_job text, topic text, partitions integer[], below bigint
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    DELETE FROM vigie.state_pieces WHERE job = the_job AND source_topic = topic
        AND source_partition = ANY (partitions) AND number < below;
    DELETE FROM vigie.checkpoints WHERE job = the_job AND source_topic = topic
        AND source_partition = ANY (partitions) AND number < below;
END
$$;
COMMENT ON FUNCTION vigie.drop_state(text, text, integer[], bigint) IS 'Lets go of checkpoints whose records all stand in later ones';
REVOKE ALL ON FUNCTION vigie.drop_state(text, text, integer[], bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vigie.drop_state(text, text, integer[], bigint) TO vigie_writer;

DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['checkpoints', 'state_pieces', 'cascade_ranges'] LOOP
        EXECUTE format('ALTER TABLE vigie.%I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('ALTER TABLE vigie.%I FORCE ROW LEVEL SECURITY', table_name);
        EXECUTE format('CREATE POLICY %I ON vigie.%I TO vigie_owner USING (true)',
            table_name || '_owner', table_name);
        EXECUTE format('CREATE POLICY %I ON vigie.%I TO vigie_writer USING (true) WITH CHECK (true)',
            table_name || '_writer', table_name);
        EXECUTE format('CREATE POLICY %I ON vigie.%I FOR SELECT TO vigie_auditor USING (true)',
            table_name || '_auditor', table_name);
        EXECUTE format('GRANT SELECT, INSERT ON vigie.%I TO vigie_writer', table_name);
        EXECUTE format('GRANT SELECT ON vigie.%I TO vigie_auditor', table_name);
    END LOOP;
END
$$;
-- A cascade that was pinned and never delivered anything gives its place up.
GRANT UPDATE (cascade_identity, pinned_at) ON vigie.cascade_ranges TO vigie_writer;
