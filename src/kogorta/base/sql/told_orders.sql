-- Each order as the latest event about it says, and every refund as an order of a negative amount.
-- A refund keeps the id of the order it is about as its title.
WITH newest AS (
    SELECT *, min("at") OVER (PARTITION BY order_id) AS first_at, list(entity_id) OVER (PARTITION BY order_id) AS tellers,
        row_number() OVER (PARTITION BY order_id ORDER BY "at" DESC, event_id DESC) AS place
    FROM {said} AS s
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
