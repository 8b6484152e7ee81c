-- Who bought which product of `offered_products` on which day, as places in the ordered lists of both. What was wholly given back is not bought.
CREATE OR REPLACE TEMP TABLE purchase_pairs AS
SELECT customer_id, place AS product
FROM bought_lines
JOIN offered_products USING (product_id)
GROUP BY customer_id, place
HAVING sum(quantity) > 0;
CREATE OR REPLACE TEMP TABLE recommended_customers AS
SELECT customer_id, row_number() OVER (ORDER BY customer_id) - 1 AS customer
FROM (SELECT DISTINCT customer_id FROM purchase_pairs);
CREATE OR REPLACE TEMP TABLE purchases AS
SELECT DISTINCT c.customer, o.place AS product, date_diff('day', DATE '1970-01-01', l.day) AS day
FROM bought_lines l
JOIN offered_products o USING (product_id)
JOIN purchase_pairs p ON p.customer_id = l.customer_id AND p.product = o.place
JOIN recommended_customers c ON c.customer_id = l.customer_id
WHERE l.quantity > 0 AND l.amount > 0;
