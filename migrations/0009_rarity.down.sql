SET LOCAL ROLE vigie_owner;

COMMENT ON COLUMN vigie.alerts.unusualness IS 'Percentile of the language model''s surprise, 0 to 1; null when none read it';
COMMENT ON COLUMN vigie.alerts.surprises IS 'Phrases that surprised the language model most, with bits above the usual of their kind';
COMMENT ON VIEW vigie.alert_reasons IS 'One row per reason of an alert and reading (fraud, unusualness); rank 1 is the strongest; points are score points, or bits of surprise';
