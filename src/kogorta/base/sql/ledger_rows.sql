-- Orders and lines out of the rows used.
CREATE OR REPLACE TEMP TABLE used AS
SELECT t.*, p.entity_id, p.order_id, p.has_equal
FROM typed t
JOIN placed p ON p.row_no = t.row_no
WHERE t.row_no NOT IN (SELECT row_no FROM repeated);

CREATE OR REPLACE TEMP TABLE new_orders AS
WITH sums AS (
    SELECT
        order_id,
        max(entity_id) AS entity_id,
        max(status) AS stage_status,
        min(moment) AS ordered_at,
        min(day) AS ordered_on,
        max(timezone($zone, closed_local)) AS closed_at,
        -- some portals repeat the deal's whole amount on every product row, others write the row's own sum
        count(*) > 1 AND bool_and(is_line) AND min(row_amount) = max(row_amount)
            AND abs(sum(quantity * price) - max(row_amount)) < 0.01 AS amount_is_repeated,
        sum(row_amount) AS row_sum,
        max(row_amount) AS row_largest,
        sum(row_amount * rate) AS base_sum,
        max(row_amount * rate) AS base_largest,
        sum(discount) AS discount,
        CASE WHEN min(currency) = max(currency) THEN min(currency) ELSE $currency END AS currency,
        min(currency) = max(currency) AS one_currency,
        max(title) AS title, max(channel) AS channel, max(manager) AS manager, max(pipeline) AS pipeline, max(stage) AS stage
    FROM used
    WHERE NOT $contacts_only
    GROUP BY order_id
)
SELECT
    order_id, entity_id, stage_status, ordered_at, ordered_on, closed_at,
    CAST(round(coalesce(CASE WHEN one_currency THEN CASE WHEN amount_is_repeated THEN row_largest ELSE row_sum END
        ELSE base_sum END, 0) * u.unit) AS BIGINT) AS amount,
    currency,
    CAST(round(coalesce(CASE WHEN amount_is_repeated THEN base_largest ELSE base_sum END, 0) * $unit) AS BIGINT) AS amount_base,
    CAST(round(coalesce(discount, 0) * u.unit) AS BIGINT) AS discount,
    title, channel, manager AS manager_id, pipeline, stage
FROM sums
JOIN currency_units u USING (currency);

CREATE OR REPLACE TEMP TABLE new_lines AS
SELECT
    order_id,
    row_number() OVER (PARTITION BY order_id ORDER BY product_id, product, category, quantity, price, row_amount, row_no) AS line_no,
    product_id, product AS name, category,
    CAST(quantity AS DOUBLE) AS quantity,
    CAST(round(price * u.unit) AS BIGINT) AS price,
    CAST(round(discount * u.unit) AS BIGINT) AS discount,
    CAST(round(row_amount * u.unit) AS BIGINT) AS amount
FROM used
JOIN currency_units u USING (currency)
WHERE is_line AND NOT $contacts_only
