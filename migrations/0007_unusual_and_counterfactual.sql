-- Why an alert is unusual, and what would have kept it from being one.
SET LOCAL ROLE vigie_owner;

ALTER TABLE vigie.alerts ADD COLUMN surprises jsonb NOT NULL DEFAULT '[]', ADD COLUMN counterfactual jsonb;
COMMENT ON COLUMN vigie.alerts.surprises IS 'Phrases that surprised the language model most, with bits above the usual of their kind';
COMMENT ON COLUMN vigie.alerts.counterfactual IS 'Smallest tried change of one phrase that brings the score under the threshold; null when none does';

CREATE OR REPLACE VIEW vigie.alert_reasons WITH (security_invoker = true) AS
SELECT a.alert_id, a.job, a.effective_at, a.score, r.rank,
    r.reason ->> 'kind' AS kind, (r.reason ->> 'points')::double precision AS points,
    r.reason ->> 'en' AS phrase_en, r.reason ->> 'fr' AS phrase_fr, r.reading
FROM vigie.alerts a
CROSS JOIN LATERAL (
    SELECT reason, rank, 'fraud'::text AS reading
    FROM jsonb_array_elements(a.reasons) WITH ORDINALITY AS f (reason, rank)
    UNION ALL
    SELECT reason, rank, 'unusualness'::text
    FROM jsonb_array_elements(a.surprises) WITH ORDINALITY AS u (reason, rank)
) AS r;
COMMENT ON VIEW vigie.alert_reasons IS 'One row per reason of an alert and reading (fraud, unusualness); rank 1 is the strongest; points are score points, or bits of surprise';

CREATE VIEW vigie.alert_counterfactuals WITH (security_invoker = true) AS
SELECT a.alert_id, a.job, a.effective_at, a.score, a.probability,
    a.counterfactual ->> 'kind' AS kind, (a.counterfactual ->> 'probability')::double precision AS changed_probability,
    a.counterfactual ->> 'en' AS phrase_en, a.counterfactual ->> 'fr' AS phrase_fr
FROM vigie.alerts a
WHERE a.counterfactual IS NOT NULL;
COMMENT ON VIEW vigie.alert_counterfactuals IS 'What would have kept an alert from being one, checked by scoring it again';
GRANT SELECT ON vigie.alert_counterfactuals TO vigie_analyst, vigie_auditor, vigie_writer;
