DROP TABLE vigie.jobs;
DROP FUNCTION vigie.audit_job();
DROP TABLE vigie.models;
