-- Won orders net of refunds, and refunds that reverse no order; the same rows the day ledger counts.
SELECT
    c.customer_no, o.ordered_on AS day, epoch_us(o.ordered_at) AS moment, o.status = 'won' AND o.net_amount_base > 0 AS is_order, o.net_amount_base AS amount,
    -- a discount is in the order's own currency; it is carried over at the order's rate
    CASE WHEN o.amount > 0 AND o.amount_base <> o.amount
        THEN CAST((2 * CAST(o.discount AS HUGEINT) * o.amount_base + o.amount) // (2 * CAST(o.amount AS HUGEINT)) AS BIGINT)
        ELSE o.discount END AS discount,
    nullif(trim(replace(lower(o.channel), 'ё', 'е')), '') AS channel,
    nullif(trim(replace(lower(o.manager_id), 'ё', 'е')), '') AS manager,
    nullif(trim(replace(lower(o.pipeline), 'ё', 'е')), '') AS pipeline
FROM orders o
JOIN {customers} c USING (customer_id)
WHERE o.net_amount_base <> 0 AND o.ordered_on <= CAST($as_of AS DATE)
ORDER BY c.customer_no, o.ordered_on, o.order_id
