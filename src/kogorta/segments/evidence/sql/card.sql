-- What the customer's card says, in the form classes are made of; a word nobody knows is no fact.
WITH chief AS (SELECT customer_id, max(role) AS role FROM contacts WHERE is_primary GROUP BY customer_id),
told AS (
    SELECT
        c.customer_id,
        -- a card without a name, a birthday or a gender says nothing about who buys
        CASE
            WHEN c.kind = 'company' THEN 'b2b'
            WHEN c.kind = 'person' AND coalesce(nullif(trim(c.name), ''), nullif(trim(c.gender), ''), CAST(c.birth_on AS VARCHAR)) IS NOT NULL
                THEN 'b2c'
        END AS market,
        CASE WHEN c.birth_on <= CAST($as_of AS DATE) THEN CAST(date_part('year', age(CAST($as_of AS DATE), c.birth_on)) AS DOUBLE) END AS age,
        trim(c.gender) AS gender, trim(c.education) AS education, trim(c.income_band) AS income, trim(c.city) AS city,
        trim(c.region) AS region, trim(c.country) AS country, trim(c.time_zone) AS time_zone, trim(coalesce(c.role, p.role)) AS role,
        trim(c.industry) AS industry, trim(c.source) AS source
    FROM customers c
    LEFT JOIN chief p USING (customer_id)
)
SELECT
    * EXCLUDE (age),
    CASE WHEN age <= 110 THEN age END AS age,
    list_extract($climates, list_position($region_codes, region)) AS climate
FROM told
