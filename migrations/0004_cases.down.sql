DROP VIEW vigie.alert_reasons;
DROP VIEW vigie.open_alerts;
DROP TABLE vigie.cases;
DROP FUNCTION vigie.audit_case();
DROP FUNCTION vigie.check_case();
