DROP TABLE vigie.partition_state;
DROP TABLE vigie.counterpart_state;
DROP TABLE vigie.account_state;
DROP TABLE vigie.progress;
