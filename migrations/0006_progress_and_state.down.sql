DROP TABLE vigie.job_state;
DROP TABLE vigie.progress;
