-- The golden record: of several values the one of the identity seen last wins, ties by the greater value.
WITH joined AS (
    SELECT m.customer_id, e.* REPLACE (coalesce(e.seen_at, TIMESTAMPTZ '1900-01-01') AS seen_at)
    FROM {past}entities e JOIN {past}identity_map m USING (entity_id)
),
reach AS (
    SELECT m.customer_id, arg_max(k.key, (m.seen_at, k.key)) FILTER (k.kind = 'email') AS email,
        arg_max(k.key, (m.seen_at, k.key)) FILTER (k.kind = 'phone') AS phone
    FROM {past}entity_keys k JOIN joined m USING (entity_id)
    GROUP BY m.customer_id
),
met AS (
    SELECT m.customer_id, c.* REPLACE (coalesce(c.seen_at, TIMESTAMPTZ '1900-01-01') AS seen_at)
    FROM {past}entity_contacts c JOIN {past}identity_map m USING (entity_id)
),
people AS (
    SELECT customer_id,
        arg_max(string_split(email, ',')[1], (seen_at, contact_id, email)) FILTER (email IS NOT NULL) AS email,
        arg_max(string_split(phone, ',')[1], (seen_at, contact_id, phone)) FILTER (phone IS NOT NULL) AS phone,
        arg_max(job_title, (seen_at, contact_id, job_title)) FILTER (job_title IS NOT NULL) AS job_title
    FROM met
    GROUP BY customer_id
),
gathered AS (
    SELECT
        customer_id,
        CASE WHEN bool_or(kind = 'company') THEN 'company' ELSE 'person' END AS kind,
        -- a company is called as the company, whoever's card its tax number is also on
        arg_max(name, (starts_with(entity_id, 'company-'), seen_at, name)) FILTER (name IS NOT NULL) AS name,
        max(inn) AS inn,
        arg_max(kpp, (seen_at, kpp)) FILTER (kpp IS NOT NULL) AS kpp,
        arg_max(ogrn, (seen_at, ogrn)) FILTER (ogrn IS NOT NULL) AS ogrn,
        arg_max(birth_on, (seen_at, birth_on)) FILTER (birth_on IS NOT NULL) AS birth_on,
        arg_max(gender, (seen_at, gender)) FILTER (gender IS NOT NULL) AS gender,
        arg_max(education, (seen_at, education)) FILTER (education IS NOT NULL) AS education,
        arg_max(income_band, (seen_at, income_band)) FILTER (income_band IS NOT NULL) AS income_band,
        arg_max(attributes, (seen_at, attributes)) FILTER (attributes IS NOT NULL) AS attributes,
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
    g.birth_on, g.gender, g.education, g.income_band, g.city,
    CAST(NULL AS VARCHAR) AS region, g.country, CAST(NULL AS VARCHAR) AS time_zone, CAST(NULL AS VARCHAR) AS role, g.okved,
    CAST(NULL AS VARCHAR) AS industry, g.source, g.manager_id, g.created_at, g.attributes, g.region_text,
    g.address, g.industry_text, p.job_title
FROM gathered g
LEFT JOIN reach r USING (customer_id)
LEFT JOIN people p USING (customer_id)
