DROP VIEW vigie.latest_labels;
DROP TABLE vigie.labels;
DROP TABLE vigie.dead_letters;
DROP TABLE vigie.decisions;
