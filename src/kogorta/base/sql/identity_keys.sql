-- Every key an identity can be recognised by, in the order the keys are tried; `side` keeps people and companies apart.
-- An identity that was split off by hand has no keys.
WITH mine AS (SELECT entity_id, kind, inn FROM {past}entities ANTI JOIN {past}splits USING (entity_id))
SELECT 1 AS place, 'inn' AS kind, inn AS key, '' AS side, entity_id FROM mine WHERE inn IS NOT NULL AND inn <> ''
UNION ALL
SELECT CASE k.kind WHEN 'email' THEN 2 ELSE 3 END, k.kind, k.key, e.kind, k.entity_id
FROM {past}entity_keys k JOIN mine e USING (entity_id) WHERE k.kind IN ('email', 'phone') AND k.key <> ''
UNION ALL
SELECT DISTINCT 4, 'contact', c.key, e.kind, c.entity_id
FROM (
    SELECT entity_id, unnest(string_split(coalesce(email, '') || ',' || coalesce(phone, ''), ',')) AS key FROM {past}entity_contacts
) c JOIN mine e USING (entity_id) WHERE e.kind = 'company' AND c.key <> ''
