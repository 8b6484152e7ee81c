-- Won orders by the date, less the refunds that had come by then. An order's discount is its own or that of its lines, whichever is told.
SELECT
    o.customer_id, o.order_id, o.ordered_on AS day, coalesce(o.closed_at, o.ordered_at) AS done_at, o.amount AS paid,
    greatest(coalesce(o.discount, 0), coalesce(l.discount, 0), 0) AS discount,
    {entered} AS entered_at, o.ordered_at, o.closed_at,
    l.order_id IS NOT NULL OR o.title IS NOT NULL AS has_text
    {matches}
FROM orders o
LEFT JOIN (
    SELECT order_id, sum(greatest(coalesce(discount, 0), 0)) AS discount {line_matches}
    FROM (SELECT order_id, discount, replace(lower(concat_ws(' | ', name, category)), 'ё', 'е') AS text FROM order_lines)
    GROUP BY order_id
) l ON l.order_id = o.order_id
LEFT JOIN (
    SELECT refund_of, sum(amount_base) AS amount FROM orders WHERE refund_of IS NOT NULL AND ordered_on <= CAST($as_of AS DATE)
    GROUP BY refund_of
) r ON r.refund_of = o.order_id
WHERE coalesce(o.stage_status, o.status) = 'won' AND o.ordered_on <= CAST($as_of AS DATE)
    AND o.amount_base > 0 AND o.amount_base + coalesce(r.amount, 0) > 0
