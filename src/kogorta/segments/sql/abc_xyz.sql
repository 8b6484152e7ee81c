-- ABC by net revenue, XYZ by the variation of revenue per complete period. Customers with net revenue <= 0 are outside both scales.
WITH ranked AS ({ranked}),
per_period AS (
    SELECT customer_id, date_trunc($period, day) AS period, CAST(sum(amount) AS BIGINT) AS amount
    FROM customer_days
    WHERE day < date_trunc($period, CAST($as_of AS DATE) + 1)
    GROUP BY customer_id, date_trunc($period, day)
),
moments AS (
    SELECT customer_id, CAST(sum(amount) AS DOUBLE) AS s1, sum(CAST(amount AS DOUBLE) * CAST(amount AS DOUBLE)) AS s2
    FROM per_period
    GROUP BY customer_id
),
-- periods from the one of the first purchase to the last complete one; empty ones count as zeros through n
varied AS (
    SELECT
        customer_id, r.before, r.total, r.monetary,
        greatest(date_diff($period, c.first_order_on, date_trunc($period, CAST($as_of AS DATE) + 1)), 0) AS periods,
        CASE WHEN m.s1 > 0 THEN
            -- rounded, so that a value on a limit does not depend on the order of a floating-point sum
            round(sqrt(greatest(greatest(date_diff($period, c.first_order_on, date_trunc($period, CAST($as_of AS DATE) + 1)), 0)
                * m.s2 / (m.s1 * m.s1) - 1, 0)), 9)
        END AS cv
    FROM {summary} c
    LEFT JOIN ranked r USING (customer_id)
    LEFT JOIN moments m USING (customer_id)
)
SELECT
    customer_id,
    CASE
        WHEN monetary IS NULL THEN 'none'
        WHEN CAST(before AS HUGEINT) * 1000000 < CAST(total AS HUGEINT) * $share_a THEN 'A'
        WHEN CAST(before AS HUGEINT) * 1000000 < CAST(total AS HUGEINT) * $share_b THEN 'B'
        ELSE 'C'
    END AS abc,
    CASE
        WHEN periods < $fewest THEN 'early'
        WHEN cv IS NULL THEN 'Z'
        WHEN cv <= $limit_x THEN 'X'
        WHEN cv <= $limit_y THEN 'Y'
        ELSE 'Z'
    END AS xyz,
    CASE WHEN periods >= $fewest THEN cv END AS cv
FROM varied
