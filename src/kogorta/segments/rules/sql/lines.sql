-- Lines of those orders. A line bears its part of the order's net sum, in the base's currency.
WITH placed AS (
    SELECT
        c.customer_no, o.order_id, o.ordered_on AS day, o.status = 'won' AND o.net_amount_base > 0 AS is_order,
        o.amount AS order_amount, o.net_amount_base, o.amount_base, o.channel, o.manager_id, o.pipeline,
        row_number() OVER (ORDER BY c.customer_no, o.ordered_on, o.order_id) AS order_no
    FROM orders o
    JOIN {customers} c USING (customer_id)
    WHERE o.net_amount_base <> 0 AND o.ordered_on <= CAST($as_of AS DATE)
)
SELECT
    p.customer_no, p.day, p.order_no, p.is_order,
    CASE WHEN p.order_amount = 0 THEN 0 ELSE CAST(
        (2 * CAST(coalesce(l.amount, 0) AS HUGEINT) * p.net_amount_base + p.order_amount) // (2 * CAST(p.order_amount AS HUGEINT))
        AS BIGINT) END AS amount,
    CASE WHEN p.order_amount = 0 OR p.amount_base = p.order_amount THEN l.discount ELSE CAST(
        (2 * CAST(l.discount AS HUGEINT) * p.amount_base + p.order_amount) // (2 * CAST(p.order_amount AS HUGEINT))
        AS BIGINT) END AS discount,
    CAST(round(coalesce(l.quantity, 0) * 1000) AS BIGINT) AS quantity,
    nullif(trim(replace(lower(l.category), 'ё', 'е')), '') AS category,
    nullif(trim(replace(lower(l.name), 'ё', 'е')), '') AS product,
    nullif(trim(replace(lower(l.product_id), 'ё', 'е')), '') AS product_id,
    nullif(trim(replace(lower(p.channel), 'ё', 'е')), '') AS channel,
    nullif(trim(replace(lower(p.manager_id), 'ё', 'е')), '') AS manager,
    nullif(trim(replace(lower(p.pipeline), 'ё', 'е')), '') AS pipeline
FROM placed p
JOIN order_lines l USING (order_id)
ORDER BY p.order_no, l.line_no
