-- What was sold, out of the lines.
SELECT coalesce(product_id, name) AS product_id, max(name) AS name, max(category) AS category,
    CAST(median(price) AS BIGINT) AS price, CAST(NULL AS DATE) AS launched_on
FROM {lines} WHERE coalesce(product_id, name) IS NOT NULL
GROUP BY coalesce(product_id, name)
