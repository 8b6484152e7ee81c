-- What events say of orders, event by event; a refund is an order of its own.
WITH said AS (
    SELECT
        event_id, coalesce(entity_id, customer_id) AS entity_id, type, "at",
        json_extract_string(properties, '$.order_id') AS about,
        TRY_CAST(json_extract_string(properties, '$.amount') AS DECIMAL(18, 4)) AS amount,
        TRY_CAST(json_extract_string(properties, '$.discount') AS DECIMAL(18, 4)) AS discount,
        TRY_CAST(json_extract_string(properties, '$.quantity') AS DOUBLE) AS quantity,
        TRY_CAST(json_extract_string(properties, '$.ordered_at') AS TIMESTAMPTZ) AS ordered_at,
        coalesce(json_extract_string(properties, '$.status'), 'won') AS status,
        json_extract_string(properties, '$.channel') AS channel,
        json_extract_string(properties, '$.manager') AS manager_id,
        json_extract_string(properties, '$.pipeline') AS pipeline,
        json_extract_string(properties, '$.category') AS category,
        coalesce(json_extract_string(properties, '$.product'), json_extract_string(properties, '$.name')) AS product,
        json_extract_string(properties, '$.product_id') AS product_id
    FROM (SELECT * REPLACE (CASE WHEN json_valid(properties) THEN properties END AS properties) FROM {events}) AS e
    WHERE type = 'order' OR type = 'refund' AND $refunds
)
SELECT *, CASE WHEN type = 'refund' THEN 'refund:' || event_id ELSE about END AS order_id
FROM said
WHERE amount IS NOT NULL AND (about IS NOT NULL OR type = 'refund')
