-- The same in parts that workers count beside one another: customers are cut by revenue into parts, the sums of the parts above are added
-- to the running sum inside each. No window looks at everybody.
SELECT customer_id, p.monetary, CAST(p.inside + a.above AS HUGEINT) AS before, w.total
FROM (
    SELECT
        customer_id, monetary, part,
        coalesce(sum(CAST(monetary AS HUGEINT)) OVER (
            PARTITION BY part ORDER BY monetary DESC, customer_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS inside
    FROM (SELECT customer_id, monetary, {part} AS part FROM {summary} WHERE monetary > 0) AS parted
) AS p
JOIN (
    SELECT o.part AS part, sum(CASE WHEN n.part > o.part THEN n.revenue ELSE 0 END) AS above
    FROM ({parts}) AS o
    CROSS JOIN ({parts}) AS n
    GROUP BY o.part
) AS a ON a.part = p.part
CROSS JOIN (SELECT sum(CAST(monetary AS HUGEINT)) AS total FROM {summary} WHERE monetary > 0) AS w
