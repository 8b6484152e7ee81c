-- Answers of surveys by the date, and attributes of the customer's card, one row per value.
WITH surveys AS (
    SELECT customer_id, properties FROM events
    WHERE list_contains($survey_types, replace(lower(trim(type)), 'ё', 'е')) AND CAST(timezone($zone, "at") AS DATE) <= CAST($as_of AS DATE)
        AND properties IS NOT NULL AND json_valid(properties) AND json_type(properties) = 'OBJECT'
),
texts AS (
    SELECT customer_id, properties AS object, json_extract_string(properties, '$.question') AS question FROM surveys
    UNION ALL
    SELECT customer_id, attributes, NULL FROM customers
    WHERE attributes IS NOT NULL AND json_valid(attributes) AND json_type(attributes) = 'OBJECT'
),
items AS (
    SELECT t.customer_id, coalesce(t.question, j.key) AS question, j.value, j.type
    FROM texts t, json_each(t.object) j
    WHERE t.question IS NULL OR j.key <> 'question'
),
flat AS (
    SELECT customer_id, question, json_extract_string(value, '$') AS answer FROM items WHERE type NOT IN ('ARRAY', 'OBJECT', 'NULL')
    UNION ALL
    SELECT i.customer_id, i.question, json_extract_string(a.value, '$')
    FROM items i, json_each(i.value) a
    WHERE i.type = 'ARRAY' AND a.type NOT IN ('ARRAY', 'OBJECT', 'NULL')
)
SELECT customer_id, replace(lower(question), 'ё', 'е') AS question, replace(lower(answer), 'ё', 'е') AS answer
FROM flat
WHERE trim(answer) <> ''
