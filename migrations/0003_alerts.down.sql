DROP FUNCTION vigie.drop_alert_month(date);
DROP FUNCTION vigie.ensure_alert_month(timestamptz);
DROP TABLE vigie.alerts;
DROP TABLE vigie.alert_keys;
