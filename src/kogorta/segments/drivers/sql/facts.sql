-- What was known of each customer at his anchor, and what he did in the window after it. Factors read nothing after the anchor; only
-- `all_orders` reaches to $as_of, to show what a consequence looks like.
WITH anchors AS ({anchors}),
bought AS (
    SELECT o.customer_id, o.order_id, o.ordered_on AS day, o.ordered_at, o.net_amount_base AS amount, a.anchor_on,
        coalesce(o.discount, 0) > 0 AS discounted, o.channel, o.manager_id,
        CAST(timezone($zone, o.ordered_at) AS TIME) <> TIME '00:00:00' AS timed,
        extract(hour FROM timezone($zone, o.ordered_at)) AS hour
    FROM orders o
    JOIN anchors a USING (customer_id)
    WHERE o.status = 'won' AND o.net_amount_base > 0 AND o.ordered_on <= CAST($as_of AS DATE)
),
firsts AS (
    SELECT * FROM bought QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY day, ordered_at, order_id) = 1
),
kinds AS (
    SELECT f.customer_id, nullif(trim(l.category), '') AS category, sum(CAST(coalesce(l.amount, 0) AS HUGEINT)) AS amount, count(*) AS lines
    FROM firsts f
    JOIN order_lines l USING (order_id)
    GROUP BY ALL
),
baskets AS (
    SELECT customer_id, sum(lines) AS lines, arg_max(category, (amount, category)) FILTER (category IS NOT NULL) AS category
    FROM kinds
    GROUP BY customer_id
),
past AS (
    SELECT customer_id, count(*) AS orders, sum(amount) AS amount, max(day) AS last_on FROM bought WHERE day <= anchor_on GROUP BY customer_id
),
after AS (
    SELECT customer_id, count(*) AS orders, sum(amount) AS amount
    FROM bought
    WHERE day > anchor_on AND day <= anchor_on + CAST($window AS INTEGER)
    GROUP BY customer_id
),
whole AS (SELECT customer_id, count(*) AS orders FROM bought GROUP BY customer_id),
reactions AS (
    SELECT DISTINCT a.customer_id
    FROM anchors a
    JOIN events e USING (customer_id)
    WHERE list_contains($reactions, e.type) AND CAST(timezone($zone, e.at) AS DATE) > a.anchor_on
        AND CAST(timezone($zone, e.at) AS DATE) <= a.anchor_on + CAST($window AS INTEGER)
)
SELECT
    a.customer_id, a.anchor_on,
    c.kind, nullif(trim(c.industry), '') AS industry, nullif(trim(c.region), '') AS region, nullif(trim(c.role), '') AS role,
    nullif(trim(c.source), '') AS source, nullif(trim(c.manager_id), '') AS manager, nullif(trim(c.gender), '') AS gender,
    CASE WHEN c.birth_on <= a.anchor_on THEN date_diff('year', c.birth_on, a.anchor_on)
        - CAST(strftime(c.birth_on, '%m%d') > strftime(a.anchor_on, '%m%d') AS INTEGER) END AS age,
    b.category AS first_category, f.amount AS first_check, f.discounted AS first_discount, isodow(f.day) AS first_weekday,
    (month(f.day) % 12) // 3 AS first_season, nullif(trim(f.channel), '') AS first_channel, nullif(trim(f.manager_id), '') AS first_manager,
    CASE WHEN f.timed THEN f.hour END AS first_hour, b.lines AS first_items,
    p.orders AS past_orders, p.amount AS past_amount, date_diff('day', p.last_on, a.anchor_on) AS past_recency,
    date_diff('day', f.day, a.anchor_on) AS past_tenure,
    w.orders AS all_orders,
    coalesce(n.orders, 0) AS after_orders, coalesce(n.amount, 0) AS after_amount, r.customer_id IS NOT NULL AS reacted
FROM anchors a
LEFT JOIN customers c USING (customer_id)
LEFT JOIN firsts f USING (customer_id)
LEFT JOIN baskets b USING (customer_id)
LEFT JOIN past p USING (customer_id)
LEFT JOIN after n USING (customer_id)
LEFT JOIN whole w USING (customer_id)
LEFT JOIN reactions r USING (customer_id)
ORDER BY a.customer_id
