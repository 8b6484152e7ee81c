-- In how many of his orders by $as_of each buyer took something of the commonest categories, or used the commonest channels.
WITH bought AS (
    SELECT customer_id, order_id, nullif(trim(replace(lower(channel), 'ё', 'е')), '') AS channel, channel AS spelled
    FROM orders
    WHERE status = 'won' AND net_amount_base > 0 AND ordered_on <= CAST($as_of AS DATE)
),
told AS (
    SELECT b.customer_id, 'category' AS sort, nullif(trim(replace(lower(l.category), 'ё', 'е')), '') AS kind, b.order_id,
        min(trim(l.category)) AS spelled
    FROM bought b
    JOIN order_lines l USING (order_id)
    GROUP BY ALL
    UNION ALL
    SELECT customer_id, 'channel' AS sort, channel AS kind, order_id, trim(spelled) AS spelled FROM bought
),
counted AS (
    SELECT sort, kind, count(*) AS orders, count(DISTINCT customer_id) AS buyers FROM told
    WHERE kind IS NOT NULL AND length(kind) <= 200
    GROUP BY ALL
),
spellings AS (
    SELECT sort, kind, spelled FROM told WHERE kind IS NOT NULL
    GROUP BY sort, kind, spelled QUALIFY row_number() OVER (PARTITION BY sort, kind ORDER BY count(*) DESC, spelled) = 1
),
common AS (
    SELECT sort, kind FROM counted WHERE buyers >= $fewest
    QUALIFY row_number() OVER (PARTITION BY sort ORDER BY orders DESC, kind) <= $most
)
SELECT t.sort, t.kind, any_value(s.spelled) AS spelled, t.customer_id, count(*) AS orders
FROM told t
JOIN common c ON c.sort = t.sort AND c.kind = t.kind
JOIN spellings s ON s.sort = t.sort AND s.kind = t.kind
GROUP BY t.sort, t.kind, t.customer_id
ORDER BY 1, 2, 4
