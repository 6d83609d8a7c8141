-- What was lost to a fraud is a fact of its counterpart. Labels of before have no amount.
SET LOCAL ROLE vigie_owner;

ALTER TABLE vigie.labels
    ADD COLUMN amount numeric,
    ADD COLUMN currency text;
COMMENT ON COLUMN vigie.labels.amount IS 'Amount of the transaction, without sign; null where the label does not say it';
COMMENT ON COLUMN vigie.labels.currency IS 'ISO 4217 code of the amount';

CREATE OR REPLACE VIEW vigie.latest_labels WITH (security_invoker = true) AS
SELECT DISTINCT ON (transaction_id) transaction_id, outcome, known_at, effective_at, account, counterpart,
    scenario, amount, currency
FROM vigie.labels
ORDER BY transaction_id, known_at DESC;
