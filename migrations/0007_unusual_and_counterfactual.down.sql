SET LOCAL ROLE vigie_owner;
DROP VIEW vigie.alert_counterfactuals;
DROP VIEW vigie.alert_reasons;
ALTER TABLE vigie.alerts DROP COLUMN counterfactual, DROP COLUMN surprises;
CREATE VIEW vigie.alert_reasons WITH (security_invoker = true) AS
SELECT a.alert_id, a.job, a.effective_at, a.score, r.rank,
    r.reason ->> 'kind' AS kind, (r.reason ->> 'points')::double precision AS points,
    r.reason ->> 'en' AS phrase_en, r.reason ->> 'fr' AS phrase_fr
FROM vigie.alerts a
CROSS JOIN LATERAL jsonb_array_elements(a.reasons) WITH ORDINALITY AS r (reason, rank);
COMMENT ON VIEW vigie.alert_reasons IS 'One row per reason of an alert; rank 1 is the strongest';
GRANT SELECT ON vigie.alert_reasons TO vigie_analyst, vigie_auditor;
GRANT SELECT ON vigie.alert_reasons TO vigie_writer;
