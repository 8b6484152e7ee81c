-- Attributes the source gave, one row per value: a list gives one row for each of its items.
WITH texts AS (
    SELECT customer_id, attributes FROM customers WHERE attributes IS NOT NULL AND json_valid(attributes)
        AND json_type(attributes) = 'OBJECT'
),
items AS (SELECT t.customer_id, j.key, j.value, j.type FROM texts t, json_each(t.attributes) j),
flat AS (
    SELECT customer_id, key, json_extract_string(value, '$') AS text, type FROM items WHERE type NOT IN ('ARRAY', 'OBJECT', 'NULL')
    UNION ALL
    SELECT i.customer_id, i.key, json_extract_string(a.value, '$') AS text, a.type
    FROM items i, json_each(i.value) a
    WHERE i.type = 'ARRAY' AND a.type NOT IN ('ARRAY', 'OBJECT', 'NULL')
)
SELECT
    c.customer_no,
    nullif(trim(replace(lower(f.key), 'ё', 'е')), '') AS key,
    nullif(trim(replace(lower(f.text), 'ё', 'е')), '') AS text,
    CASE WHEN isfinite(TRY_CAST(f.text AS DOUBLE)) THEN TRY_CAST(f.text AS DOUBLE) END AS number
FROM flat f
JOIN {customers} c USING (customer_id)
ORDER BY c.customer_no, f.key, f.text
