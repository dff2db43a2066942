-- One row a chain in which a workflow set itself off again for the same record.
SELECT *
FROM circles('self_trigger', $visits)
