-- Habits of every buyer by $as_of, one row each. Sums are whole numbers, so that the answer does not depend on the order of rows.
-- An order is a won one with something left after refunds; a line bears nothing here but its being there.
WITH bought AS (
    SELECT
        customer_id, order_id, ordered_on AS day, net_amount_base AS amount,
        CAST(round(1e6 * ln(net_amount_base)) AS BIGINT) AS log_amount,
        coalesce(discount, 0) > 0 AS discounted,
        isodow(ordered_on) >= 6 AS weekend,
        extract(hour FROM timezone($zone, ordered_at)) AS hour,
        -- an order without an hour is put at midnight
        extract(hour FROM timezone($zone, ordered_at)) + extract(minute FROM timezone($zone, ordered_at))
            + extract(second FROM timezone($zone, ordered_at)) > 0 AS timed,
        (month(ordered_on) % 12) // 3 AS season
    FROM orders
    WHERE status = 'won' AND net_amount_base > 0 AND ordered_on <= CAST($as_of AS DATE)
),
totals AS (
    SELECT
        customer_id,
        count(*) AS orders,
        sum(CAST(amount AS HUGEINT)) AS gross,
        sum(CAST(amount AS HUGEINT) * amount) AS gross_squares,
        max(amount) AS largest,
        sum(log_amount) AS check_sum,
        sum(CAST(log_amount AS HUGEINT) * log_amount) AS check_squares,
        count(*) FILTER (discounted) AS discounted,
        count(*) FILTER (weekend) AS weekend,
        count(*) FILTER (timed) AS timed,
        count(*) FILTER (timed AND hour >= 18) AS evening,
        count(*) FILTER (season = 0) AS winter,
        count(*) FILTER (season = 1) AS spring,
        count(*) FILTER (season = 2) AS summer,
        count(*) FILTER (season = 3) AS autumn
    FROM bought
    GROUP BY customer_id
),
returned AS (
    SELECT
        customer_id, count(*) AS placed, count(*) FILTER (status = 'refunded' OR net_amount_base < amount_base) AS refunded
    FROM orders
    WHERE stage_status = 'won' AND amount_base > 0 AND ordered_on <= CAST($as_of AS DATE)
    GROUP BY customer_id
),
baskets AS (
    SELECT
        b.customer_id, order_id, count(*) AS lines,
        sum(CAST(round(least(greatest(coalesce(l.quantity, 0), 0), 1e9) * 1000) AS BIGINT)) AS thousandths
    FROM bought b
    JOIN order_lines l USING (order_id)
    GROUP BY b.customer_id, order_id
),
measured AS (
    SELECT
        *,
        CAST(round(1e6 * ln(lines)) AS BIGINT) AS log_lines,
        CASE WHEN thousandths > 0 THEN CAST(round(1e6 * ln(CAST(thousandths AS DOUBLE) / 1000 / lines)) AS BIGINT) END AS log_pieces
    FROM baskets
),
contents AS (
    SELECT
        customer_id, count(*) AS baskets,
        sum(lines) AS lines,
        sum(log_lines) AS lines_sum,
        sum(CAST(log_lines AS HUGEINT) * log_lines) AS lines_squares,
        count(log_pieces) AS pieced,
        sum(log_pieces) AS pieces_sum,
        sum(CAST(log_pieces AS HUGEINT) * log_pieces) AS pieces_squares
    FROM measured
    GROUP BY customer_id
),
named AS (
    SELECT
        b.customer_id, order_id, coalesce(l.product_id, l.name) AS product,
        nullif(trim(replace(lower(l.category), 'ё', 'е')), '') AS category
    FROM bought b
    JOIN order_lines l USING (order_id)
),
goods AS (
    SELECT
        customer_id, count(product) AS product_lines, count(DISTINCT product) AS products, count(DISTINCT category) AS categories,
        count(DISTINCT order_id) FILTER (category IS NOT NULL) AS sorted_orders
    FROM named
    GROUP BY customer_id
),
tops AS (
    SELECT customer_id, max(times) AS top_orders
    FROM (
        SELECT customer_id, category, count(DISTINCT order_id) AS times
        FROM named
        WHERE category IS NOT NULL
        GROUP BY customer_id, category
    ) AS used
    GROUP BY customer_id
),
steps AS (
    SELECT customer_id, date_diff('day', lag(day) OVER (PARTITION BY customer_id ORDER BY day), day) AS step
    FROM (SELECT DISTINCT customer_id, day FROM bought) AS days
),
rhythms AS (
    SELECT
        customer_id, count(step) AS steps, sum(step) AS step_sum, sum(CAST(step AS HUGEINT) * step) AS step_squares
    FROM steps
    WHERE step IS NOT NULL
    GROUP BY customer_id
),
firsts AS (SELECT customer_id, min(day) AS first_on FROM bought GROUP BY customer_id),
later AS (
    SELECT
        customer_id,
        count(*) FILTER (2 * date_diff('day', f.first_on, b.day) > date_diff('day', f.first_on, CAST($as_of AS DATE))) AS late
    FROM bought b
    JOIN firsts f USING (customer_id)
    GROUP BY customer_id
)
SELECT
    customer_id, s.recency_days, date_diff('day', s.first_order_on, CAST($as_of AS DATE)) AS tenure_days, s.monetary,
    t.orders, t.gross, t.gross_squares, t.largest, t.check_sum, t.check_squares, t.discounted, t.weekend, t.timed, t.evening, t.winter,
    t.spring, t.summer, t.autumn, l.late, r.placed, r.refunded,
    c.baskets, c.lines, c.lines_sum, c.lines_squares, c.pieced, c.pieces_sum, c.pieces_squares,
    g.product_lines, g.products, g.categories, g.sorted_orders, p.top_orders, h.steps, h.step_sum, h.step_squares
FROM totals t
JOIN {summary} s USING (customer_id)
JOIN later l USING (customer_id)
LEFT JOIN returned r USING (customer_id)
LEFT JOIN contents c USING (customer_id)
LEFT JOIN goods g USING (customer_id)
LEFT JOIN tops p USING (customer_id)
LEFT JOIN rhythms h USING (customer_id)
ORDER BY customer_id
