-- One row a chain in which workflows of several systems set each other off over the same record.
SELECT *
FROM circles('cross_system_loop', $visits)
