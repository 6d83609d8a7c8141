-- Alerts by month of the transaction, and the slim table that lets each in only once.
SET LOCAL ROLE vigie_owner;

-- A unique constraint of a partitioned table must contain its partition key, which would let the same
-- transaction in twice under two times. So these keys stand in a table that is not partitioned; an alert is
-- written only if its key was.
CREATE TABLE vigie.alert_keys (
    job text NOT NULL,
    source_topic text NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL,
    transaction_id text NOT NULL,
    alert_id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    effective_at timestamptz NOT NULL,
    PRIMARY KEY (job, source_topic, source_partition, source_offset),
    UNIQUE (job, transaction_id)
);
COMMENT ON TABLE vigie.alert_keys IS 'One row per alert: makes a record or a transaction alert only once per job';
COMMENT ON COLUMN vigie.alert_keys.job IS 'Job that wrote the alert';
COMMENT ON COLUMN vigie.alert_keys.source_topic IS 'Topic or file of the record';
COMMENT ON COLUMN vigie.alert_keys.source_partition IS 'Partition of the topic';
COMMENT ON COLUMN vigie.alert_keys.source_offset IS 'Offset in the partition, or row of the file';
COMMENT ON COLUMN vigie.alert_keys.transaction_id IS 'Identifier that the bank gave the transaction';
COMMENT ON COLUMN vigie.alert_keys.alert_id IS 'Number of the alert, for people; numbers may be missing';
COMMENT ON COLUMN vigie.alert_keys.effective_at IS 'When the transaction happened: finds the alert''s month';

CREATE TABLE vigie.alerts (
    alert_id bigint NOT NULL,
    job text NOT NULL,
    transaction_id text NOT NULL,
    account text NOT NULL CHECK (account ~ '^[0-9a-f]{32}$'),
    card text CHECK (card ~ '^[0-9a-f]{32}$'),
    counterpart text CHECK (counterpart ~ '^[0-9a-f]{32}$'),
    merchant_id text,
    merchant_name text,
    merchant_category smallint CHECK (merchant_category BETWEEN 1 AND 9999),
    merchant_country text,
    amount numeric NOT NULL,
    currency text NOT NULL,
    channel text,
    effective_at timestamptz NOT NULL,
    observed_at timestamptz NOT NULL,
    description_en text NOT NULL,
    description_fr text NOT NULL,
    tokens jsonb NOT NULL,
    reasons jsonb NOT NULL,
    probability double precision NOT NULL CHECK (probability BETWEEN 0 AND 1),
    score smallint NOT NULL CHECK (score BETWEEN 0 AND 999),
    band text NOT NULL CHECK (band IN ('normal', 'elevated', 'high', 'critical')),
    outcome text NOT NULL CHECK (outcome IN ('approve', 'review', 'decline')),
    unusualness real CHECK (unusualness BETWEEN 0 AND 1),
    decided_by text NOT NULL,
    model_sha256 text,
    source_topic text NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL,
    latency_microseconds bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (effective_at, alert_id)
) PARTITION BY RANGE (effective_at);
COMMENT ON TABLE vigie.alerts IS 'Transactions that somebody has to look at, with what the model read and why it spoke up';
COMMENT ON COLUMN vigie.alerts.alert_id IS 'Number of the alert, for people';
COMMENT ON COLUMN vigie.alerts.job IS 'Job that wrote it: the live stream or a replay';
COMMENT ON COLUMN vigie.alerts.transaction_id IS 'Identifier that the bank gave the transaction';
COMMENT ON COLUMN vigie.alerts.account IS 'Pseudonym of the account, 32 hexadecimal digits';
COMMENT ON COLUMN vigie.alerts.card IS 'Pseudonym of the card, null when the record named none';
COMMENT ON COLUMN vigie.alerts.counterpart IS 'Pseudonym of the counterpart account or merchant, null when there is none';
COMMENT ON COLUMN vigie.alerts.merchant_id IS 'Merchant or terminal as the bank or the scheme numbers it';
COMMENT ON COLUMN vigie.alerts.merchant_name IS 'Name as the merchant wrote it: data, not to be trusted';
COMMENT ON COLUMN vigie.alerts.merchant_category IS 'ISO 18245 merchant category code';
COMMENT ON COLUMN vigie.alerts.merchant_country IS 'ISO 3166-1 alpha-2 code';
COMMENT ON COLUMN vigie.alerts.amount IS 'Exact amount in the major unit of the currency';
COMMENT ON COLUMN vigie.alerts.currency IS 'ISO 4217 code';
COMMENT ON COLUMN vigie.alerts.channel IS 'online, in_store, atm, transfer, direct_debit, mobile, phone, branch';
COMMENT ON COLUMN vigie.alerts.effective_at IS 'When the transaction happened';
COMMENT ON COLUMN vigie.alerts.observed_at IS 'When the record arrived';
COMMENT ON COLUMN vigie.alerts.description_en IS 'The description that the model read, in English';
COMMENT ON COLUMN vigie.alerts.description_fr IS 'The same in French';
COMMENT ON COLUMN vigie.alerts.tokens IS 'The description as tokens: [kind, index, weight] each, enough to score it again';
COMMENT ON COLUMN vigie.alerts.reasons IS 'Phrases of the description that raised the score, strongest first, with points';
COMMENT ON COLUMN vigie.alerts.probability IS 'Calibrated probability of fraud, 0 to 1';
COMMENT ON COLUMN vigie.alerts.score IS 'The probability for people, 0 to 999';
COMMENT ON COLUMN vigie.alerts.band IS 'normal, elevated, high or critical';
COMMENT ON COLUMN vigie.alerts.outcome IS 'What the policy asks for: approve, review or decline';
COMMENT ON COLUMN vigie.alerts.unusualness IS 'Percentile of the language model''s surprise, 0 to 1; null when none read it';
COMMENT ON COLUMN vigie.alerts.decided_by IS 'Brick of the cascade that decided';
COMMENT ON COLUMN vigie.alerts.model_sha256 IS 'Model file that scored (models); null when no model took part';
COMMENT ON COLUMN vigie.alerts.source_topic IS 'Topic or file of the record';
COMMENT ON COLUMN vigie.alerts.source_partition IS 'Partition of the topic';
COMMENT ON COLUMN vigie.alerts.source_offset IS 'Offset in the partition, or row of the file';
COMMENT ON COLUMN vigie.alerts.latency_microseconds IS 'From the arrival of the record to the hand-over for delivery';
COMMENT ON COLUMN vigie.alerts.created_at IS 'When the alert was written';

CREATE INDEX alerts_by_score ON vigie.alerts (job, score DESC, effective_at DESC);
CREATE INDEX alerts_by_account ON vigie.alerts (account, effective_at DESC);

-- Months far from today have no partition of their own: an invented date must not make tables.
CREATE TABLE vigie.alerts_other PARTITION OF vigie.alerts DEFAULT;
COMMENT ON TABLE vigie.alerts_other IS 'Alerts of months that have no partition of their own';

-- Makes the partition of the month that holds the moment, unless it is there. Months before 2000 or more
-- than a year ahead, and months that already have rows in alerts_other, stay in alerts_other.
CREATE FUNCTION vigie.ensure_alert_month(moment timestamptz) RETURNS boolean LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE
    first_day timestamptz := date_trunc('month', moment);
    next_first_day timestamptz := first_day + interval '1 month';
    partition_name text := 'alerts_' || to_char(first_day, 'YYYY_MM');
BEGIN
    IF first_day < '2000-01-01' OR first_day > now() + interval '1 year' THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('vigie.alerts'), 0);
    IF to_regclass('vigie.' || partition_name) IS NOT NULL THEN
        RETURN true;
    END IF;
    IF EXISTS (SELECT FROM vigie.alerts_other o
        WHERE o.effective_at >= first_day AND o.effective_at < next_first_day) THEN
        RETURN false;
    END IF;
    -- ATTACH lets readers and writers of other months go on; CREATE … PARTITION OF would stop them.
    EXECUTE format('CREATE TABLE vigie.%I (LIKE vigie.alerts INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
        partition_name);
    EXECUTE format('ALTER TABLE vigie.alerts ATTACH PARTITION vigie.%I FOR VALUES FROM (%L) TO (%L)',
        partition_name, first_day, next_first_day);
    RETURN true;
END
$$;
COMMENT ON FUNCTION vigie.ensure_alert_month(timestamptz) IS 'Makes the monthly partition of alerts for a moment; false when it belongs in alerts_other';

-- Retention: forgets one month of alerts with their cases and keys. Refuses the current and the last month.
CREATE FUNCTION vigie.drop_alert_month(month date) RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE
    first_day timestamptz := date_trunc('month', month::timestamptz);
    next_first_day timestamptz := first_day + interval '1 month';
    partition_name text := 'alerts_' || to_char(first_day, 'YYYY_MM');
    dropped_count bigint;
BEGIN
    IF next_first_day > date_trunc('month', now()) - interval '1 month' THEN
        RAISE EXCEPTION 'the month % is too recent to be dropped', to_char(first_day, 'YYYY-MM')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('vigie.alerts'), 0);
    IF to_regclass('vigie.' || partition_name) IS NOT NULL THEN
        EXECUTE format('DROP TABLE vigie.%I', partition_name);
    ELSE
        DELETE FROM vigie.alerts_other o
            WHERE o.effective_at >= first_day AND o.effective_at < next_first_day;
    END IF;
    DELETE FROM vigie.alert_keys k WHERE k.effective_at >= first_day AND k.effective_at < next_first_day;
    GET DIAGNOSTICS dropped_count = ROW_COUNT;
    PERFORM vigie.record_audit('alerts dropped', 'month ' || to_char(first_day, 'YYYY-MM'),
        jsonb_build_object('alerts', dropped_count));
    RETURN dropped_count;
END
$$;
COMMENT ON FUNCTION vigie.drop_alert_month(date) IS 'Retention: drops one month of alerts, their cases and keys; returns how many';

REVOKE ALL ON FUNCTION vigie.ensure_alert_month(timestamptz), vigie.drop_alert_month(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vigie.ensure_alert_month(timestamptz) TO vigie_writer;
GRANT EXECUTE ON FUNCTION vigie.drop_alert_month(date) TO vigie_migrator;

ALTER TABLE vigie.alert_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE vigie.alert_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY alert_keys_owner ON vigie.alert_keys TO vigie_owner USING (true);
CREATE POLICY alert_keys_writer ON vigie.alert_keys TO vigie_writer USING (true) WITH CHECK (true);
CREATE POLICY alert_keys_readers ON vigie.alert_keys FOR SELECT TO vigie_analyst, vigie_auditor USING (true);
GRANT SELECT, INSERT ON vigie.alert_keys TO vigie_writer;
GRANT SELECT ON vigie.alert_keys TO vigie_analyst, vigie_auditor;

ALTER TABLE vigie.alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE vigie.alerts FORCE ROW LEVEL SECURITY;
CREATE POLICY alerts_owner ON vigie.alerts TO vigie_owner USING (true);
CREATE POLICY alerts_writer ON vigie.alerts TO vigie_writer USING (true) WITH CHECK (true);
CREATE POLICY alerts_readers ON vigie.alerts FOR SELECT TO vigie_analyst, vigie_auditor USING (true);
GRANT SELECT, INSERT ON vigie.alerts TO vigie_writer;
GRANT SELECT ON vigie.alerts TO vigie_analyst, vigie_auditor;
