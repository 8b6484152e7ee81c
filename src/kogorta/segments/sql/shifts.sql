-- The labels of each customer under the rule of the earlier date (old) and under the rule of the later one (new).
SELECT o.source AS old_before, o.target AS old_after, n.source AS new_before, n.target AS new_after, count(*) AS customers
FROM {old} o
JOIN {new} n ON n.customer_id = o.customer_id
GROUP BY o.source, o.target, n.source, n.target
