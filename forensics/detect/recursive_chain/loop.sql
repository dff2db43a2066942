-- One row a chain in which workflows of one system set each other off over the same record.
SELECT *
FROM circles('loop', $visits)
