-- Everything that follows from entities, keys, contacts, orders and lines.

CREATE OR REPLACE TEMP TABLE next_orders AS
SELECT o.* REPLACE (m.customer_id AS customer_id)
FROM orders o JOIN identity_map m ON m.entity_id = o.entity_id;

-- The golden record: of several values the one of the identity seen last wins, ties by the greater value.
CREATE OR REPLACE TEMP TABLE next_customers AS
WITH joined AS (SELECT m.customer_id, e.* FROM entities e JOIN identity_map m USING (entity_id)),
reach AS (
    SELECT m.customer_id, arg_max(k.key, (e.seen_at, k.key)) FILTER (k.kind = 'email') AS email,
        arg_max(k.key, (e.seen_at, k.key)) FILTER (k.kind = 'phone') AS phone
    FROM entity_keys k JOIN identity_map m USING (entity_id) JOIN entities e USING (entity_id)
    GROUP BY m.customer_id
),
people AS (
    SELECT m.customer_id,
        arg_max(string_split(c.email, ',')[1], (c.seen_at, c.contact_id)) FILTER (c.email IS NOT NULL) AS email,
        arg_max(string_split(c.phone, ',')[1], (c.seen_at, c.contact_id)) FILTER (c.phone IS NOT NULL) AS phone,
        arg_max(c.job_title, (c.seen_at, c.contact_id)) FILTER (c.job_title IS NOT NULL) AS job_title
    FROM entity_contacts c JOIN identity_map m USING (entity_id)
    GROUP BY m.customer_id
),
gathered AS (
    SELECT
        customer_id,
        CASE WHEN bool_or(kind = 'company') THEN 'company' ELSE 'person' END AS kind,
        arg_max(name, (seen_at, name)) FILTER (name IS NOT NULL) AS name,
        max(inn) AS inn,
        arg_max(kpp, (seen_at, kpp)) FILTER (kpp IS NOT NULL) AS kpp,
        arg_max(ogrn, (seen_at, ogrn)) FILTER (ogrn IS NOT NULL) AS ogrn,
        arg_max(birth_on, (seen_at, birth_on)) FILTER (birth_on IS NOT NULL) AS birth_on,
        arg_max(gender, (seen_at, gender)) FILTER (gender IS NOT NULL) AS gender,
        arg_max(city, (seen_at, city)) FILTER (city IS NOT NULL) AS city,
        arg_max(region_text, (seen_at, region_text)) FILTER (region_text IS NOT NULL) AS region_text,
        arg_max(address, (seen_at, address)) FILTER (address IS NOT NULL) AS address,
        arg_max(country, (seen_at, country)) FILTER (country IS NOT NULL) AS country,
        arg_max(okved, (seen_at, okved)) FILTER (okved IS NOT NULL) AS okved,
        arg_max(industry_text, (seen_at, industry_text)) FILTER (industry_text IS NOT NULL) AS industry_text,
        arg_max(source, (seen_at, source)) FILTER (source IS NOT NULL) AS source,
        arg_max(manager_id, (seen_at, manager_id)) FILTER (manager_id IS NOT NULL) AS manager_id,
        min(created_at) AS created_at
    FROM joined
    GROUP BY customer_id
)
SELECT
    g.customer_id, g.kind, g.name, coalesce(r.email, p.email) AS email, coalesce(r.phone, p.phone) AS phone, g.inn, g.kpp, g.ogrn,
    g.birth_on, g.gender, CAST(NULL AS VARCHAR) AS education, CAST(NULL AS VARCHAR) AS income_band, g.city,
    CAST(NULL AS VARCHAR) AS region, g.country, CAST(NULL AS VARCHAR) AS time_zone, CAST(NULL AS VARCHAR) AS role, g.okved,
    CAST(NULL AS VARCHAR) AS industry, g.source, g.manager_id, g.created_at, CAST(NULL AS VARCHAR) AS attributes, g.region_text,
    g.address, g.industry_text, p.job_title
FROM gathered g
LEFT JOIN reach r USING (customer_id)
LEFT JOIN people p USING (customer_id);

CREATE OR REPLACE TEMP TABLE next_contacts AS
SELECT
    c.contact_id, m.customer_id, max(c.name) AS name, max(c.email) AS email, max(c.phone) AS phone,
    arg_max(c.job_title, (c.seen_at, c.job_title)) FILTER (c.job_title IS NOT NULL) AS job_title, CAST(NULL AS VARCHAR) AS role,
    row_number() OVER (PARTITION BY m.customer_id ORDER BY max(c.seen_at) DESC, c.contact_id) = 1 AS is_primary
FROM entity_contacts c JOIN identity_map m USING (entity_id)
GROUP BY c.contact_id, m.customer_id;

CREATE OR REPLACE TEMP TABLE next_products AS
SELECT coalesce(product_id, name) AS product_id, max(name) AS name, max(category) AS category,
    CAST(median(price) AS BIGINT) AS price, CAST(NULL AS DATE) AS launched_on
FROM order_lines WHERE coalesce(product_id, name) IS NOT NULL
GROUP BY coalesce(product_id, name)
