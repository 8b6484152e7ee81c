-- In how many of his orders by $as_of each buyer took something of the commonest categories, or used the commonest channels.
WITH bought AS (
    SELECT customer_id, order_id, nullif(trim(replace(lower(channel), 'ё', 'е')), '') AS channel, channel AS spelled
    FROM orders
    WHERE status = 'won' AND net_amount_base > 0 AND ordered_on <= CAST($as_of AS DATE)
),
filled AS (
    SELECT
        b.customer_id, order_id, nullif(trim(replace(lower(l.category), 'ё', 'е')), '') AS kind, trim(l.category) AS spelled
    FROM bought b
    JOIN order_lines l USING (order_id)
),
told AS (
    SELECT customer_id, 'category' AS sort, kind, order_id, min(spelled) AS spelled
    FROM filled
    GROUP BY customer_id, kind, order_id
    UNION ALL
    SELECT customer_id, 'channel' AS sort, channel AS kind, order_id, trim(spelled) AS spelled FROM bought
),
counted AS (
    SELECT sort, kind, count(*) AS orders, count(DISTINCT customer_id) AS buyers
    FROM told
    WHERE kind IS NOT NULL AND length(kind) <= 200
    GROUP BY sort, kind
),
spellings AS (
    SELECT sort, kind, spelled
    FROM (
        SELECT sort, kind, spelled, row_number() OVER (PARTITION BY sort, kind ORDER BY count(*) DESC, spelled) AS place
        FROM told
        WHERE kind IS NOT NULL
        GROUP BY sort, kind, spelled
    ) AS spelt
    WHERE place = 1
),
common AS (
    SELECT sort, kind
    FROM (
        SELECT sort, kind, row_number() OVER (PARTITION BY sort ORDER BY orders DESC, kind) AS place FROM counted WHERE buyers >= $fewest
    ) AS placed
    WHERE place <= $most
)
SELECT t.sort, t.kind, min(s.spelled) AS spelled, t.customer_id, count(*) AS orders
FROM told t
JOIN common c ON c.sort = t.sort AND c.kind = t.kind
JOIN spellings s ON s.sort = t.sort AND s.kind = t.kind
GROUP BY t.sort, t.kind, t.customer_id
ORDER BY t.sort, t.kind, t.customer_id
