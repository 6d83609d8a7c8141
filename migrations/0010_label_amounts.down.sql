SET LOCAL ROLE vigie_owner;

DROP VIEW vigie.latest_labels;
CREATE VIEW vigie.latest_labels WITH (security_invoker = true) AS
SELECT DISTINCT ON (transaction_id) transaction_id, outcome, known_at, effective_at, account, counterpart,
    scenario
FROM vigie.labels
ORDER BY transaction_id, known_at DESC;
COMMENT ON VIEW vigie.latest_labels IS 'What is known today: the last label of each transaction';
GRANT SELECT ON vigie.latest_labels TO vigie_writer, vigie_auditor;

ALTER TABLE vigie.labels
    DROP COLUMN amount,
    DROP COLUMN currency;
