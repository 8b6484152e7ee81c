-- The orders of the rows used. A deal with rows for its products is their sum; any other deal is one row.
WITH line_orders AS (SELECT DISTINCT order_id FROM used WHERE is_line),
whole AS (
    SELECT
        order_id, entity_id, status AS stage_status, moment AS ordered_at, day AS ordered_on, closed_at,
        row_amount AS amount_sum, row_amount * rate AS base_sum, discount, currency, title, channel, manager, pipeline, stage
    FROM used ANTI JOIN line_orders USING (order_id)
    WHERE NOT $contacts_only
),
split AS (
    SELECT
        order_id,
        max(entity_id) AS entity_id,
        max(status) AS stage_status,
        min(moment) AS ordered_at,
        min(day) AS ordered_on,
        max(closed_at) AS closed_at,
        -- some portals repeat the deal's whole amount on every product row, others write the row's own sum
        count(*) > 1 AND bool_and(is_line) AND min(row_amount) = max(row_amount)
            AND abs(sum(CAST(quantity AS DOUBLE) * CAST(price AS DOUBLE)) - CAST(max(row_amount) AS DOUBLE)) < 0.01 AS amount_is_repeated,
        sum(row_amount) AS row_sum,
        max(row_amount) AS row_largest,
        sum(row_amount * rate) AS rate_sum,
        max(row_amount * rate) AS rate_largest,
        sum(discount) AS discounts,
        min(currency) = max(currency) AS one_currency,
        CASE WHEN min(currency) = max(currency) THEN min(currency) ELSE $currency END AS currency,
        max(title) AS title, max(channel) AS channel, max(manager) AS manager, max(pipeline) AS pipeline, max(stage) AS stage
    FROM used SEMI JOIN line_orders USING (order_id)
    WHERE NOT $contacts_only
    GROUP BY order_id
),
every AS (
    FROM whole
    UNION ALL
    SELECT
        order_id, entity_id, stage_status, ordered_at, ordered_on, closed_at,
        CASE WHEN one_currency THEN CASE WHEN amount_is_repeated THEN row_largest ELSE row_sum END ELSE rate_sum END,
        CASE WHEN amount_is_repeated THEN rate_largest ELSE rate_sum END,
        discounts, currency, title, channel, manager, pipeline, stage
    FROM split
)
SELECT
    order_id, entity_id, stage_status, ordered_at, ordered_on, closed_at,
    CAST(round(coalesce(amount_sum, 0) * u.unit) AS BIGINT) AS amount,
    currency,
    CAST(round(coalesce(base_sum, 0) * $unit) AS BIGINT) AS amount_base,
    CAST(round(coalesce(discount, 0) * u.unit) AS BIGINT) AS discount,
    title, channel, manager AS manager_id, pipeline, stage
FROM every
JOIN currency_units u USING (currency)
