-- Every product sold: its usual name and category, prices, how its lines look, when it was sold. Ties go to the first name by letters.
CREATE OR REPLACE TEMP TABLE sold_products AS
WITH names AS (
    SELECT product_id, name, row_number() OVER (PARTITION BY product_id ORDER BY count(*) DESC, name) AS place
    FROM bought_lines
    WHERE name IS NOT NULL
    GROUP BY product_id, name
),
categories AS (
    SELECT product_id, category, row_number() OVER (PARTITION BY product_id ORDER BY count(*) DESC, category) AS place
    FROM bought_lines
    WHERE category IS NOT NULL
    GROUP BY product_id, category
),
facts AS (
    SELECT
        product_id,
        count(*) AS lines,
        count(*) FILTER (quantity < 0 OR amount < 0) AS negative,
        count(*) FILTER (abs(quantity) = 1) AS ones,
        quantile_disc(price, 0.1) FILTER (price > 0) AS low_price,
        quantile_disc(price, 0.5) FILTER (price > 0) AS price,
        quantile_disc(price, 0.9) FILTER (price > 0) AS high_price,
        count(DISTINCT customer_id) FILTER (quantity > 0 AND amount > 0) AS customers,
        count(DISTINCT day) FILTER (quantity > 0 AND amount > 0) AS days,
        min(day) FILTER (quantity > 0 AND amount > 0) AS first_on,
        max(day) FILTER (quantity > 0 AND amount > 0) AS last_on
    FROM bought_lines
    GROUP BY product_id
)
SELECT
    f.product_id, coalesce(n.name, f.product_id) AS name, c.category,
    f.* EXCLUDE (product_id),
    p.launched_on
FROM facts f
LEFT JOIN names n ON n.product_id = f.product_id AND n.place = 1
LEFT JOIN categories c ON c.product_id = f.product_id AND c.place = 1
LEFT JOIN products p ON p.product_id = f.product_id AND p.launched_on <= CAST($as_of AS DATE);
