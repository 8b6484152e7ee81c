-- What events say of orders: each order as the latest event about it says, and every refund as an order of a negative amount.
-- A refund keeps the id of the order it is about as its title.
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
),
named AS (
    SELECT *, CASE WHEN type = 'refund' THEN 'refund:' || event_id ELSE about END AS order_id
    FROM said
    WHERE amount IS NOT NULL AND (about IS NOT NULL OR type = 'refund')
),
newest AS (
    SELECT *, min("at") OVER (PARTITION BY order_id) AS first_at, list(entity_id) OVER (PARTITION BY order_id) AS tellers,
        row_number() OVER (PARTITION BY order_id ORDER BY "at" DESC, event_id DESC) AS place
    FROM named
)
SELECT
    order_id, entity_id, tellers, type = 'refund' AS is_refund,
    CASE WHEN type = 'refund' OR status = 'won' THEN 'won' WHEN status = 'open' THEN 'open' ELSE 'lost' END AS stage_status,
    coalesce(ordered_at, first_at) AS ordered_at,
    CAST(timezone($zone, coalesce(ordered_at, first_at)) AS DATE) AS ordered_on,
    CAST(round(CASE WHEN type = 'refund' THEN -abs(amount) ELSE amount END * $unit) AS BIGINT) AS amount,
    CAST(round(coalesce(discount, 0) * $unit) AS BIGINT) AS discount,
    CASE WHEN type = 'refund' THEN about END AS title,
    channel, manager_id, pipeline, category, product, product_id, coalesce(quantity, 1) AS quantity
FROM newest
WHERE place = 1
