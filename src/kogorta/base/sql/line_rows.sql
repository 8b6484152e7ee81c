-- The lines of the rows used, numbered by what they say and not by where they stood.
SELECT
    order_id,
    row_number() OVER (PARTITION BY order_id ORDER BY product_id, product, category, quantity, price, row_amount, discount, row_no) AS line_no,
    product_id, product AS name, category,
    CAST(quantity AS DOUBLE) AS quantity,
    CAST(round(price * u.unit) AS BIGINT) AS price,
    CAST(round(discount * u.unit) AS BIGINT) AS discount,
    CAST(round(row_amount * u.unit) AS BIGINT) AS amount
FROM used
JOIN currency_units u USING (currency)
WHERE is_line AND NOT $contacts_only
