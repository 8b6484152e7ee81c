-- Events by the date of the types the definition asks for; their words and their value. The properties are read once.
WITH told AS (
    SELECT
        e.customer_id, e.event_id, e."at" AS happened_at, CAST(timezone($zone, e."at") AS DATE) AS day,
        replace(lower(trim(e.type)), 'ё', 'е') AS type,
        json_extract_string(CASE WHEN json_valid(e.properties) THEN e.properties END, [
            '$.page', '$.url', '$.title', '$.name', '$.subject', '$.campaign', '$.category', '$.product', '$.option', '$.comment', '$.text',
            '$.value', '$.score', '$.rating'
        ]) AS said
    FROM events e
    SEMI JOIN customers c ON c.customer_id = e.customer_id
    WHERE list_contains({types}, replace(lower(trim(e.type)), 'ё', 'е'))
)
SELECT
    customer_id, event_id, happened_at, day, type,
    replace(lower(array_to_string(said[1:11], ' | ')), 'ё', 'е') AS text,
    CASE WHEN isfinite(number) THEN number END AS value
FROM (SELECT *, TRY_CAST(coalesce(said[12], said[13], said[14]) AS DOUBLE) AS number FROM told)
WHERE day <= CAST($as_of AS DATE)
