-- The day ledger: net won orders per customer and day. A matched refund is subtracted on the day of the order it reverses;
-- a fully refunded order leaves nothing; a refund without an order stays on its own day with no order.
SELECT
    customer_id,
    ordered_on AS day,
    CAST(sum(CASE WHEN status = 'won' AND net_amount_base > 0 THEN 1 ELSE 0 END) AS BIGINT) AS orders,
    CAST(sum(net_amount_base) AS BIGINT) AS amount
FROM {orders}
WHERE net_amount_base <> 0
GROUP BY customer_id, ordered_on
