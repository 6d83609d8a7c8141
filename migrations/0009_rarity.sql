-- Unusualness comes from how rarely history says each phrase; the comments say so. No data changes.
SET LOCAL ROLE vigie_owner;

COMMENT ON COLUMN vigie.alerts.unusualness IS 'Share of history whose descriptions are less rare, 0 to 1; null when no language model read it';
COMMENT ON COLUMN vigie.alerts.surprises IS 'The rarest phrases, with bits above the usual of their kind';
COMMENT ON VIEW vigie.alert_reasons IS 'One row per reason of an alert and reading (fraud, unusualness); rank 1 is the strongest; points are score points, or bits of rarity';
