-- Whoever hooks onto one that hooks on itself goes where that one goes: half the way each time.
CREATE OR REPLACE TEMP TABLE hooks AS
SELECT hooks.member, coalesce(next.onto, hooks.onto) AS onto
FROM hooks
LEFT JOIN hooks AS next ON hooks.onto = next.member;
