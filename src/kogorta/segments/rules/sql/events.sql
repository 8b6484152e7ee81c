-- Events by the business day they happened on; of their properties those a rule may filter by.
WITH told AS (
    SELECT
        c.customer_no, CAST(timezone($zone, e.at) AS DATE) AS day, epoch_us(e.at) AS moment, e.event_id, e.type, e.source,
        CASE WHEN json_valid(e.properties) THEN e.properties END AS properties
    FROM events e
    JOIN {customers} c USING (customer_id)
),
spelled AS (
    SELECT
        customer_no, day, moment, event_id, type, source,
        json_extract_string(properties, '$.campaign') AS campaign,
        json_extract_string(properties, '$.channel') AS channel,
        coalesce(json_extract_string(properties, '$.page'), json_extract_string(properties, '$.url')) AS page,
        json_extract_string(properties, '$.category') AS category,
        coalesce(json_extract_string(properties, '$.product'), json_extract_string(properties, '$.name')) AS product,
        json_extract_string(properties, '$.product_id') AS product_id,
        TRY_CAST(coalesce(json_extract_string(properties, '$.value'), json_extract_string(properties, '$.score')) AS DOUBLE) AS value
    FROM told
    WHERE day <= CAST($as_of AS DATE)
)
SELECT
    customer_no, day, moment,
    nullif(trim(replace(lower(type), 'ё', 'е')), '') AS type,
    nullif(trim(replace(lower(source), 'ё', 'е')), '') AS source,
    nullif(trim(replace(lower(campaign), 'ё', 'е')), '') AS campaign,
    nullif(trim(replace(lower(channel), 'ё', 'е')), '') AS channel,
    nullif(trim(replace(lower(page), 'ё', 'е')), '') AS page,
    nullif(trim(replace(lower(category), 'ё', 'е')), '') AS category,
    nullif(trim(replace(lower(product), 'ё', 'е')), '') AS product,
    nullif(trim(replace(lower(product_id), 'ё', 'е')), '') AS product_id,
    -- beyond a billion a value is not a value; NaN falls out with it
    CASE WHEN abs(value) <= 1e9 THEN CAST(round(value * 1000) AS BIGINT) END AS value
FROM spelled
ORDER BY customer_no, day, event_id
