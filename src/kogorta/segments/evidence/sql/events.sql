-- Events by the date of the types the definition asks for; their words and their value.
WITH told AS (
    SELECT
        e.customer_id, e.event_id, e."at" AS happened_at, CAST(timezone($zone, e."at") AS DATE) AS day, replace(lower(trim(e.type)), 'ё', 'е') AS type,
        CASE WHEN json_valid(e.properties) THEN e.properties END AS properties
    FROM events e
    SEMI JOIN customers c ON c.customer_id = e.customer_id
    WHERE list_contains({types}, replace(lower(trim(e.type)), 'ё', 'е'))
)
SELECT
    customer_id, event_id, happened_at, day, type,
    replace(lower(concat_ws(
        ' | ', json_extract_string(properties, '$.page'), json_extract_string(properties, '$.url'),
        json_extract_string(properties, '$.title'), json_extract_string(properties, '$.name'), json_extract_string(properties, '$.subject'),
        json_extract_string(properties, '$.campaign'), json_extract_string(properties, '$.category'),
        json_extract_string(properties, '$.product'), json_extract_string(properties, '$.option'),
        json_extract_string(properties, '$.comment'), json_extract_string(properties, '$.text')
    )), 'ё', 'е') AS text,
    TRY_CAST(coalesce(
        json_extract_string(properties, '$.value'), json_extract_string(properties, '$.score'), json_extract_string(properties, '$.rating')
    ) AS DOUBLE) AS value
FROM told
WHERE day <= CAST($as_of AS DATE)
