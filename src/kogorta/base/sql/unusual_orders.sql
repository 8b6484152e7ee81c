-- Orders more than 20 times the customer's own median over at least five won orders.
WITH won AS (SELECT order_id, customer_id, amount_base FROM {orders} WHERE status = 'won' AND amount_base > 0),
-- a median is never below the least: whose largest is not 20 times the least has no such order, and needs no median
spread AS (
    SELECT customer_id FROM won GROUP BY customer_id HAVING count(*) >= 5 AND max(amount_base) > 20 * min(amount_base)
),
own AS (SELECT customer_id, median(amount_base) AS usual FROM won SEMI JOIN spread USING (customer_id) GROUP BY customer_id)
SELECT w.order_id, w.customer_id, w.amount_base FROM won w JOIN own o USING (customer_id) WHERE w.amount_base > 20 * o.usual
